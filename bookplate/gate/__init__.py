"""The document without a service: `bookplate lint` says what is wrong with it, `bookplate diff` what a change breaks."""
