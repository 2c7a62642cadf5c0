//! Every bound of the program: name, unit, and why it is what it is.
