"""What the boards are made of: symbol, footprint and manufacturer's number of every part, and the boxes that stand for
chips and modules. Pin tables are checked against the data sheets named beside them.
"""

from dataclasses import replace

from sexpr import Node
from sheet import Part
from symbols import box

R0805, R1206, R2010, R2512 = (
    f"Resistor_SMD:R_{size}" for size in ("0805_2012Metric", "1206_3216Metric", "2010_5025Metric", "2512_6332Metric")
)
C0805, C1206 = "Capacitor_SMD:C_0805_2012Metric", "Capacitor_SMD:C_1206_3216Metric"
SOT23, SOT23_5, SOT23_6 = (f"Package_TO_SOT_SMD:SOT-23{tail}" for tail in ("", "-5", "-6"))
SOIC8, SOIC14, SOIC16 = (
    f"Package_SO:SOIC-{size}" for size in ("8_3.9x4.9mm_P1.27mm", "14_3.9x8.7mm_P1.27mm", "16_3.9x9.9mm_P1.27mm")
)
PH = "Connector_JST:JST_PH_B{0}B-PH-K_1x{0:02}_P2.00mm_Vertical"
HEADER = "Connector_PinHeader_2.54mm:PinHeader_1x{0:02}_P2.54mm_Vertical"


def resistor(value: str, footprint: str = R0805, mpn: str = "") -> Part:
    """A thick-film resistor of 1 %; `value` as on the schematic: 330, 4.7k, 6.2."""
    code = value.replace("k", "K") if value[-1] in "kM" else value + "R"
    if "." in code:
        letter = code[-1]
        code = code[:-1].replace(".", letter)
    return Part("R", value, footprint, mpn or f"RC0805FR-07{code}L")


def capacitor(value: str) -> Part:
    """A ceramic capacitor; C0G where a time constant depends on it."""
    footprint, mpn = {
        "510p C0G": (C0805, "C0805C511J5GACTU"),
        "1n": (C0805, "CC0805KRX7R9BB102"),
        "10n": (C0805, "CC0805KRX7R9BB103"),
        "10n C0G": (C0805, "C0805C103J5GACTU"),
        "33n C0G": (C1206, "GRM3195C1H333JA01D"),
        "100n": (C0805, "CC0805KRX7R9BB104"),
        "100n C0G": (C1206, "GRM31C5C1E104JA01L"),
        "1u": (C0805, "CL21B105KBFNNNE"),
        "10u": (C1206, "CL31B106KAHNNNE"),
        "22u": (C1206, "CL31A226KAHNNNE"),
    }[value]
    return Part("C", value, footprint, mpn)


def header(count: int, symbol: str, value: str) -> Part:
    """A pin header of one row, 2.54 mm."""
    return Part(symbol, value, HEADER.format(count), f"61300{count}11121" if count < 10 else f"6130{count}11121")


def ph(count: int, symbol: str, value: str) -> Part:
    """A JST PH header, 2 mm, 2 A a contact."""
    return Part(symbol, value, PH.format(count), f"B{count}B-PH-K-S")


def test_point(net: str) -> Part:
    """A bare pad with the name of its net on the board."""
    return Part("TestPoint", net, "TestPoint:TestPoint_Pad_D1.5mm")


C_4U7 = Part("C", "4.7u 50V", C1206, "CL31B475KBHNNNE")
LED_GREEN = Part("LED", "green", "LED_SMD:LED_0805_2012Metric", "150080GS75000")
LED_RED = Part("LED", "red", "LED_SMD:LED_0805_2012Metric", "150080RS75000")
DIODE = Part("D", "1N4148W", "Diode_SMD:D_SOD-123", "1N4148W-7-F")
TVS = Part("D_TVS", "SMAJ5.0CA", "Diode_SMD:D_SMA", "SMAJ5.0CA")
FUSE = Part("Fuse", "4 A fast", "Fuse:Fuseholder_Littelfuse_Nano2_154x", "0154004.DRT")
PTC_LAMPS = Part("Polyfuse", "0.5 A", "Fuse:Fuse_1206_3216Metric", "1206L050YR")
PTC_WHITE = Part("Polyfuse", "1.5 A", "Fuse:Fuse_1812_4532Metric", "1812L150/24MR")
FERRITE = Part("FerriteBead", "600R 1A", "Inductor_SMD:L_0805_2012Metric", "BLM21SP601SN1D")
INDUCTOR = Part("L", "10u", "Inductor_SMD:L_Changjiang_FNR5040S", "FNR5040S100MT")
BULK = Part("C_Polarized", "470u 10V", "Capacitor_THT:CP_Radial_D8.0mm_P3.50mm", "EEU-FR1A471")
RESERVOIR = Part("C_Polarized", "220u 25V", "Capacitor_THT:CP_Radial_D8.0mm_P3.50mm", "EEU-FR1E221")
RESERVOIR_RED = replace(RESERVOIR, value="47u 63V", mpn="EEU-FC1J470")
"""Holds one burst, and no more: what a fault can flash at once."""
MOSFET = Part("AO3400A", "AO3400A", SOT23, "AO3400A")
POWER_FET = Part("NDT3055L", "NDT3055L", "Package_TO_SOT_SMD:SOT-223-3_TabPin2", "NDT3055L")
PASS_FET = Part("AON6411", "AON6411", "Package_DFN_QFN:AO_DFN-8-1EP_5.55x5.2mm_P1.27mm_EP4.12x4.6mm", "AON6411")
IDEAL_DIODE = Part("LTC4412", "LTC4412", "Package_TO_SOT_SMD:TSOT-23-6", "LTC4412ES6#TRMPBF",
                   "https://www.analog.com/media/en/technical-documentation/data-sheets/4412fb.pdf")  # fmt: skip
METER = Part("INA219", "INA219B", SOIC8, "INA219BIDR", "https://www.ti.com/lit/ds/symlink/ina219.pdf")
SHUNT = Part("R", "10m 1%", R2512, "WSL2512R0100FEA")
DECODER = Part("74HC238", "74HC238", SOIC16, "74HC238D,653")
LEVEL_FET = Part("BSS138", "BSS138", SOT23, "BSS138")
CLAMP = Part("MMBT3904", "MMBT3904", SOT23, "MMBT3904-7-F")
BUTTON = Part("SW_Push", "stop", "Button_Switch_THT:SW_PUSH_6mm", "B3F-1000")
BUZZER = Part("Buzzer", "5 V active", "Buzzer_Beeper:Buzzer_12x9.5RM7.6", "TMB12A05")
NANO = Part("Arduino_Nano", "Arduino Nano", "Module:Arduino_Nano", "A000005")
NOR = Part("74HC02", "74HC02", SOIC14, "74HC02D,653")
AND3 = Part("74HC11", "74HC11", SOIC14, "74HC11D,653")
HOLE = Part("MountingHole_Pad", "M3", "MountingHole:MountingHole_3.2mm_M3_Pad_Via")
USB = Part(
    "USB_C_POWER", "USB4125", "Connector_USB:USB_C_Receptacle_GCT_USB4125-xx-x_6P_TopMnt_Horizontal", "USB4125-GF-A"
)
PI_POWER = Part("PI_POWER", "5 V TO PI", "Connector_JST:JST_VH_B2P-VH_1x02_P3.96mm_Vertical", "B2P-VH")
PI_RIBBON = Part("PI_RIBBON", "PI PINS 1-20", "Connector_IDC:IDC-Header_2x10_P2.54mm_Vertical", "61202021621")
FFC = Part("FFC15", "1-84982-5", "Connector_FFC-FPC:TE_1-84982-5_2Rows-15Pins-P1.0mm_Vertical", "1-84982-5")
BOOST = Part("TLV61046A", "TLV61046A", SOT23_6, "TLV61046ADBVR", "https://www.ti.com/lit/ds/symlink/tlv61046a.pdf")
LDO33 = Part("MCP1700", "MCP1700-3302", SOT23, "MCP1700T-3302E/TT")
LDO18 = Part("MCP1700", "MCP1700-1802", SOT23, "MCP1700T-1802E/TT")
REFERENCE = Part("LM4040", "LM4040-2.5", SOT23, "LM4040AIM3-2.5/NOPB")
THERMOMETER = Part("MCP9700", "MCP9700A", SOT23, "MCP9700AT-E/TT")
SYNC = Part("LM1881", "LM1881", SOIC8, "LM1881MX/NOPB", "https://www.ti.com/lit/ds/symlink/lm1881.pdf")
ONE_SHOT = Part("74HC4538", "74HC4538", SOIC16, "74HC4538D,653")
COUNTER = Part("74HC4060", "74HC4060", SOIC16, "74HC4060D,653")
LOAD_SWITCH = Part("TPS22917", "TPS22917", SOT23_6, "TPS22917DBVR", "https://www.ti.com/lit/ds/symlink/tps22917.pdf")
BUS_SWITCH = Part(
    "CBTLV3126", "SN74CBTLV3126", SOIC14, "SN74CBTLV3126DR", "https://www.ti.com/lit/ds/symlink/sn74cbtlv3126.pdf"
)
BUFFER = Part("LVC1G17", "74LVC1G17", SOT23_5, "SN74LVC1G17DBVR", "https://www.ti.com/lit/ds/symlink/sn74lvc1g17.pdf")
BUFFER_5V = Part(
    "AHCT1G125", "74AHCT1G125", SOT23_5, "SN74AHCT1G125DBVR", "https://www.ti.com/lit/ds/symlink/sn74ahct1g125.pdf"
)
JUMPER = Part("JUMPER", "jumper", HEADER.format(2), "61300211121")
LAMP_3 = ph(3, "LAMP3", "lamp")
LAMP_2 = ph(2, "LAMP2", "lamp")
LAMP_4 = ph(4, "LAMP4", "lamp")


def boxes() -> list[Node]:
    """Symbols drawn here, pins in the order of the signal."""
    ffc = " ".join(f"{n}:{name}:p" for n, name in enumerate(CAMERA_CABLE, 1))
    return [
        # USB Type-C receptacle, power contacts only (GCT USB4125 drawing).
        box("USB_C_POWER", "J", "", "A9:VBUS:p B9:VBUS:p - A5:CC1:p B5:CC2:p - A12:GND:p B12:GND:p S1:SHIELD:p", 6),
        box("PI_POWER", "J", "1:5V:p 2:GND:p", "", 4),
        # Pins 1 to 20 of the 40-pin header of the Raspberry Pi 4 and 5.
        box("PI_RIBBON", "J", "1:3V3:W 3:GPIO2_SDA:b 5:GPIO3_SCL:b 7:GPIO4:b 9:GND:p 11:GPIO17:b 13:GPIO27:b 15:GPIO22:b 17:3V3:p 19:GPIO10:b",
            "2:5V:n 4:5V:n 6:GND:p 8:GPIO14_TXD:b 10:GPIO15_RXD:b 12:GPIO18:b 14:GND:p 16:GPIO23:b 18:GPIO24:b 20:GND:p", 12),
        # Analog Devices 4412fb: LTC4412, TSOT-23-6.
        box("LTC4412", "U", "1:VIN:w 3:CTL:i -", "6:SENSE:i 5:GATE:o 4:STAT:n", 7, bottom="2:GND:w"),
        # Alpha & Omega AON6411, DFN 5x6: the tab is pin 5.
        box("AON6411", "Q", "1:S:p 2:S:p 3:S:p - 4:G:i", "5:D:p", 6),
        # TI SBOS448: INA219, SOIC-8.
        box("INA219", "U", "8:IN+:i 7:IN-:i - 2:A0:i 1:A1:i", "3:SDA:b 4:SCL:i", 8, top="5:VS:w", bottom="6:GND:w"),
        # TI SCHS147: 74HC238, SO-16.
        box("74HC238", "U", "1:A0:i 2:A1:i 3:A2:i - 4:~{E1}:i 5:~{E2}:i 6:E3:i", "15:Y0:o 14:Y1:o 13:Y2:o 12:Y3:o 11:Y4:o 10:Y5:o 9:Y6:o 7:Y7:o",
            8, top="16:VCC:w", bottom="8:GND:w"),
        # Raspberry Pi camera connector, 15 ways (Raspberry Pi camera board schematics).
        box("FFC15", "J", "", ffc, 6),
        # TI SLVSAN7: TLV61046A.
        box("TLV61046A", "U", "6:VIN:w - 4:EN:i", "1:SW:p 5:VOUT:W - 3:FB:i", 7, bottom="2:GND:w"),
        # Microchip DS20001826: MCP1700, SOT-23.
        box("MCP1700", "U", "3:VIN:w -", "2:VOUT:W -", 6, bottom="1:GND:w"),
        # TI SNOS633: LM4040, SOT-23; pin 3 floats or goes to the anode.
        box("LM4040", "U", "1:K:p -", "3:NC:n -", 5, bottom="2:A:p"),
        # Microchip DS20001942: MCP9700A, SOT-23.
        box("MCP9700", "U", "1:VDD:w -", "2:VOUT:o -", 6, bottom="3:GND:w"),
        # TI SNLS384: LM1881, SOIC-8.
        box("LM1881", "U", "2:VIDEO:i - 6:RSET:p", "1:CSYNC:o 3:VSYNC:o 5:BURST:o 7:ODD:o", 8, top="8:VCC:w", bottom="4:GND:w"),
        # Nexperia 74HC4538: CX pins are ground.
        box("74HC4538", "U", "2:1RCX:p 1:1CX:p 4:1A:i 5:~{1B}:i 3:~{1CD}:i - 14:2RCX:p 15:2CX:p 12:2A:i 11:~{2B}:i 13:~{2CD}:i",
            "6:1Q:o 7:~{1Q}:o - - - - 10:2Q:o 9:~{2Q}:o", 8, top="16:VCC:w", bottom="8:GND:w"),
        # Nexperia 74HC4060: pin 11 RS, 10 RTC, 9 CTC, 12 MR.
        box("74HC4060", "U", "12:MR:i - 11:RS:i 10:RTC:p 9:CTC:p", "7:Q3:o 5:Q4:o 4:Q5:o 6:Q6:o 14:Q7:o 13:Q8:o 15:Q9:o 1:Q11:o 2:Q12:o 3:Q13:o",
            8, top="16:VCC:w", bottom="8:GND:w"),
        # TI SLVSDW8: TPS22917, SOT-23-6; CT open gives the fastest rise, QOD discharges the output.
        box("TPS22917", "U", "1:VIN:w 3:ON:i 4:CT:p -", "6:VOUT:W 5:QOD:p", 7, bottom="2:GND:w"),
        # TI SCDS038: SN74CBTLV3126, SOIC-14.
        box("CBTLV3126", "U", "2:1A:b 5:2A:b 9:3A:b 12:4A:b - 1:1OE:i 4:2OE:i 10:3OE:i 13:4OE:i", "3:1B:b 6:2B:b 8:3B:b 11:4B:b",
            8, top="14:VCC:w", bottom="7:GND:w"),
        # TI SCES351 (LVC1G17) and SCLS380 (AHCT1G125), SOT-23-5.
        box("LVC1G17", "U", "2:A:i - 1:NC:n", "4:Y:o", 6, top="5:VCC:w", bottom="3:GND:w"),
        box("AHCT1G125", "U", "2:A:i - 1:~{OE}:i", "4:Y:o", 6, top="5:VCC:w", bottom="3:GND:w"),
        # Module headers: order of this board; the module's own print decides what is wired to which pin.
        box("AD8318_MODULE", "J", "1:5V:p 2:GND:p 3:VOUT:p 4:GND:p", "", 5),
        box("RX5808_MODULE", "J", "1:GND:p 2:5V:p 3:CH1_DATA:p 4:CH2_LE:p 5:CH3_CLK:p 6:RSSI:p 7:VIDEO:p 8:GND:p", "", 7),
        # ST LSM6DSO on SparkFun's SEN-18020, row JP1 of its board file: GND 3V3 SDA SCL SDO CS.
        box("SEN18020_MODULE", "J", "1:GND:p 2:3V3:p 3:SDA:p 4:SCL:p 5:SDO:n 6:CS:n", "", 6),
        box("LAMP2", "J", "", "1:A:p 2:K:p", 3),
        box("LAMP3", "J", "", "1:A:p 2:K1:p 3:K2:p", 3),
        # Turned round: a red lamp in another lamp's socket stays dark, and another lamp in red's.
        box("LAMP3_RED", "J", "", "1:K2:p 2:K1:p 3:A:p", 3),
        box("LAMP4", "J", "", "1:A:p 2:K1:p 3:K2:p 4:K3:p", 3),
        box("RANGE4", "J", "", "1:3V3:p 2:GND:p 3:SDA:p 4:SCL:p", 4),
        box("WIRE2", "J", "", "1:1:p 2:2:p", 3),
        box("JUMPER", "JP", "1:A:p", "2:B:p", 3),
    ]  # fmt: skip


CAMERA_CABLE = (
    "GND", "D0_N", "D0_P", "GND", "D1_N", "D1_P", "GND", "CK_N", "CK_P", "GND", "IO0", "IO1", "SCL", "SDA", "3V3",
)  # fmt: skip
