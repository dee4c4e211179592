"""Runs a command in a pseudo terminal of so many columns, types what it is told to, and prints all that was shown.

    terminal.py COLUMNS TYPED COMMAND...
"""

import fcntl
import os
import pty
import struct
import sys
import termios

columns, typed, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.execvp(command[0], command)
shown = b""
while True:
    try:
        got = os.read(terminal, 4096)
    except OSError:
        break  # Linux says so when the command has ended.
    if not got:
        break
    shown += got
    if typed and b"[y/N] " in shown:
        os.write(terminal, typed.encode() + b"\n")
        typed = ""
sys.stdout.buffer.write(shown)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
