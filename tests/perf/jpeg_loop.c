/* The library's own loop: encodes raw RGB to JPEG in memory, and decodes it, so many times each, and prints the median
   seconds of both, by the monotonic clock and by processor time.

   jpeg_loop IN.rgb WIDTH HEIGHT QUALITY REPEATS OUT.jpg */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jpeglib.h>

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static int by_size(const void *one, const void *other) {
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

static double median(double *times, int count) {
    qsort(times, count, sizeof *times, by_size);
    return (times[(count - 1) / 2] + times[count / 2]) / 2;
}

static void encode(unsigned char *pixels, int width, int height, int quality, unsigned char **stream,
                   unsigned long *size) {
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, stream, size);
    info.image_width = width;
    info.image_height = height;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    info.optimize_coding = TRUE;
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = pixels + 3L * width * info.next_scanline;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
}

static void decode(const unsigned char *stream, unsigned long size) {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, stream, size);
    jpeg_read_header(&info, TRUE);
    info.out_color_space = JCS_RGB;
    jpeg_start_decompress(&info);
    unsigned char *pixels = malloc(3L * info.output_width * info.output_height);
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = pixels + 3L * info.output_width * info.output_scanline;
        jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
    free(pixels);
}

int main(int count, char **words) {
    if (count != 7) return 2;
    int width = atoi(words[2]), height = atoi(words[3]), quality = atoi(words[4]), repeats = atoi(words[5]);
    size_t total = 3L * width * height;
    unsigned char *pixels = malloc(total), *stream = NULL;
    double *walls = malloc(repeats * sizeof *walls), *processors = malloc(repeats * sizeof *processors);
    unsigned long size = 0;
    FILE *file = fopen(words[1], "rb");
    if (!file || fread(pixels, 1, total, file) != total) return 3;
    fclose(file);
    for (int decoding = 0; decoding < 2; decoding++) {
        for (int turn = -1; turn < repeats; turn++) { /* the first one warms up */
            double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
            if (decoding) {
                decode(stream, size);
            } else {
                free(stream);
                stream = NULL;
                size = 0;
                encode(pixels, width, height, quality, &stream, &size);
            }
            if (turn < 0) continue;
            walls[turn] = seconds(CLOCK_MONOTONIC) - wall;
            processors[turn] = seconds(CLOCK_PROCESS_CPUTIME_ID) - processor;
        }
        printf("%.9f %.9f\n", median(walls, repeats), median(processors, repeats));
    }
    file = fopen(words[6], "wb");
    if (!file || fwrite(stream, 1, size, file) != size) return 4;
    return fclose(file) != 0;
}
