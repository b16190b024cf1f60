from tests.emulator import emulator as emulator
