"""What people see while OAs fail, in figures: `python -m bench.faults`."""
