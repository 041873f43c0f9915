"""What must hold of the contract before any service is asked: it is valid, well made, and breaks nobody unannounced."""
