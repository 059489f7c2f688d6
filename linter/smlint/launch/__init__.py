"""The launch chain: what SageMaker starts, what becomes PID 1, what it gets as arguments, who hears SIGTERM."""
