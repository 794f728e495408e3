/* The first two bytes of a frame (RFC 6455, 5.2). For this folder. */
#ifndef WS_BITS_H
#define WS_BITS_H

#define BIT_FIN      0x80
#define BIT_RESERVED 0x70
#define BIT_OPCODE   0x0f
#define BIT_CONTROL  0x08 /**< of the opcode: set in control frames */

#define BIT_MASKED 0x80
#define BIT_LENGTH 0x7f
#define LENGTH_16  126 /**< 16 bits of length follow */
#define LENGTH_64  127 /**< 64 bits of length follow */

#endif
