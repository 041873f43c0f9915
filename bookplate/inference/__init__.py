"""What reads show of guesses: some are confirmed, some are refuted, and some say more than a document does."""
