"""What holds for the whole process, and needs nothing but the standard library: signals, memory, the writing of logs."""
