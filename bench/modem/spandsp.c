/* What Debian's libspandsp hears in raw 16-bit samples on standard input: bits of an FSK mode, one character each, or push-button digits.
 *     spandsp v23|bell202|v21|dtmf < samples
 * Or the other way round, bits as characters 0 and 1 on standard input, samples on standard output:
 *     spandsp send v23|bell202|v21 < bits
 */
#define SPANDSP_EXPOSE_INTERNAL_STRUCTURES
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <math.h>
#include <spandsp.h>

static void put_bit(void *user_data, int bit)
{
    (void) user_data;
    if (bit >= 0)
        putchar(bit ? '1' : '0');
    else
        putchar(bit == SIG_STATUS_CARRIER_UP ? '<' : '>');
}

static int get_bit(void *user_data)
{
    (void) user_data;
    int bit = getchar();
    return bit == EOF ? SIG_STATUS_END_OF_DATA : bit == '1';
}

static int mode_of(const char *name)
{
    return strcmp(name, "v23") == 0 ? FSK_V23CH1 : strcmp(name, "bell202") == 0 ? FSK_BELL202 : FSK_V21CH1;
}

int main(int argc, char *argv[])
{
    int16_t samples[160];
    size_t count;

    if (argc == 3 && strcmp(argv[1], "send") == 0) {
        fsk_tx_state_t *tx = fsk_tx_init(NULL, &preset_fsk_specs[mode_of(argv[2])], get_bit, NULL);
        int made;
        while ((made = fsk_tx(tx, samples, 160)) > 0)
            fwrite(samples, 2, (size_t) made, stdout);
        return 0;
    }
    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "dtmf") == 0) {
        dtmf_rx_state_t *dtmf = dtmf_rx_init(NULL, NULL, NULL);
        char digits[128];
        while ((count = fread(samples, 2, 160, stdin)) > 0) {
            dtmf_rx(dtmf, samples, (int) count);
            size_t got = dtmf_rx_get(dtmf, digits, sizeof(digits) - 1);
            fwrite(digits, 1, got, stdout);
        }
        return 0;
    }
    fsk_rx_state_t *rx = fsk_rx_init(NULL, &preset_fsk_specs[mode_of(argv[1])], FSK_FRAME_MODE_SYNC, put_bit, NULL);
    while ((count = fread(samples, 2, 160, stdin)) > 0)
        fsk_rx(rx, samples, (int) count);
    return 0;
}
