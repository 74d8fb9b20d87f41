namespace ResearchFreeze.Autograd;

/// <summary>Convolutions that a device must get right: each corner of the definition by hand, then whatever a seeded generator draws.</summary>
internal static class ConvolutionShapes
{
    /// <summary>The corners, small enough for a simulator but for the last ones.</summary>
    private static readonly Conv2dShape[] Table =
    [
        Of(1, 1, 1, 1, 1, 1),                                                            // one element of everything
        Of(0, 5, 5, 3, 4, 3, padding: 1),                                                // no images
        Of(1, 5, 5, 1, 1, 3),                                                            // one channel to one
        Of(2, 6, 7, 1, 5, 3, padding: 1),
        Of(2, 7, 6, 3, 16, 3, padding: 1),                                               // the stem of a network
        Of(1, 2, 3, 2, 3, 5, padding: 2),                                                // a kernel larger than the image
        Of(2, 1, 1, 4, 5, 3, padding: 1),                                                // all but one tap in the padding
        Of(1, 3, 3, 2, 2, 2, padding: 4),                                                // windows in the padding alone
        Of(2, 9, 10, 3, 4, 2, stride: 3),                                                // a stride larger than the kernel: pixels nobody reads
        Of(2, 9, 8, 3, 5, 3, stride: 2, padding: 1),
        Of(1, 11, 10, 5, 4, 3, stride: new Size2(3, 2), padding: new Size2(0, 2)),       // each side its own
        Of(1, 9, 9, 4, 3, 3, stride: 2, dilation: 2, padding: 2),                        // stride and dilation share a factor
        Of(1, 13, 12, 3, 4, 3, stride: new Size2(4, 6), dilation: new Size2(2, 4), padding: 3),
        Of(2, 9, 11, 3, 4, 3, dilation: 2, padding: 2),
        Of(1, 10, 9, 2, 7, 3, dilation: 3, padding: 3),
        Of(1, 12, 12, 3, 2, 2, stride: 2, dilation: 3),
        Of(3, 5, 7, 8, 16, 1),                                                           // a plain product
        Of(2, 6, 6, 16, 33, 1, stride: 2),                                               // a shortcut
        Of(1, 4, 4, 5, 6, 1, padding: 1),
        Of(2, 1, 700, 3, 5, new Size2(1, 9), padding: new Size2(0, 4)),                  // a signal: rows longer than a run
        Of(1, 2, 611, 2, 9, 3, stride: new Size2(1, 2), padding: 1),
        Of(1, 3, 530, 4, 6, 3, padding: 2, dilation: 2, groups: 2),
        Of(2, 3, 1, 2, 3, 1, stride: 2),                                                 // an image narrower than the stride
        Of(2, 5, 11, 3, 4, new Size2(1, 7), padding: new Size2(0, 3)),
        Of(2, 11, 5, 3, 4, new Size2(7, 1), padding: new Size2(3, 0)),
        Of(1, 6, 7, 4, 3, new Size2(2, 4), stride: new Size2(1, 2)),
        Of(2, 7, 9, 6, 4, 3, padding: 1, groups: 2),
        Of(2, 7, 7, 6, 9, 3, stride: 2, padding: 1, groups: 3),
        Of(1, 5, 6, 34, 66, 3, padding: 1, groups: 2),                                   // groups wider than a vector
        Of(2, 7, 6, 5, 5, 3, padding: 1, groups: 5),                                     // depthwise
        Of(1, 9, 8, 33, 33, 3, stride: 2, padding: 1, groups: 33),
        Of(2, 6, 9, 40, 40, new Size2(5, 3), padding: new Size2(2, 1), groups: 40),
        Of(1, 9, 9, 13, 13, 3, dilation: 2, padding: 2, stride: new Size2(2, 1), groups: 13),
        Of(2, 7, 6, 10, 10, 3, padding: 1, groups: 5),                                   // narrow groups: two channels, a rest of one vector
        Of(1, 9, 8, 36, 36, 3, stride: 2, padding: 1, groups: 18),
        Of(2, 6, 7, 80, 80, new Size2(2, 3), padding: new Size2(1, 1), groups: 40),      // several vectors at a time, and a rest
        Of(2, 6, 5, 12, 12, 3, padding: 1, groups: 3),                                   // four channels
        Of(1, 9, 9, 68, 68, 3, dilation: 2, padding: 2, stride: new Size2(2, 1), groups: 17),
        Of(1, 6, 6, 9, 9, 3, padding: 1, groups: 3),                                     // three, of which no vector is made
        Of(1, 6, 6, 8, 4, new Size2(1, 2), groups: 2),                                   // four channels, two outputs
        Of(1, 6, 6, 4, 12, 3, padding: 1, groups: 4),                                    // depthwise, several outputs a channel
        Of(1, 6, 5, 8, 4, 3, padding: 1, groups: 4),                                     // fewer outputs than channels
        Of(2, 5, 6, 17, 19, 3, padding: 1),                                              // no multiple of any vector
        Of(1, 4, 13, 31, 35, 3, padding: 1),
        Of(3, 8, 8, 16, 16, 3, padding: 1),
        Of(2, 8, 8, 16, 32, 3, stride: 2, padding: 1),
        Of(1, 4, 4, 64, 64, 3, padding: 1),                                              // several blocks of the sum
        Of(1, 3, 3, 300, 20, new Size2(1, 2)),                                           // a tap longer than a block
        Of(40, 14, 13, 3, 5, 3, padding: 1),                                             // many pixels for few weights
        Of(2, 13, 14, 29, 50, 3, padding: 1),                                            // enough for threads to share
        Of(3, 15, 14, 48, 48, 3, padding: 1, groups: 48),
        Of(3, 16, 16, 16, 16, 3, padding: 1),                                            // enough tiles of 4×4 for Winograd's algorithm
        Of(2, 17, 13, 20, 33, 3, padding: 1),                                            // tiles over two edges, channels in no whole vector
        Of(2, 18, 18, 9, 8, 3),                                                          // without padding
        Of(2, 17, 18, 11, 13, 3, padding: 2),
        Of(1, 19, 26, 8, 41, 3, padding: new Size2(0, 3)),                               // windows in the padding alone
        Of(33, 4, 4, 40, 9, 3, padding: 1),                                              // a tile an image, several blocks of tiles
        Of(2, 6, 7, 3, 4, 3, padding: 1) with { MoreAtEnd = new Size2(1, 2) },           // more zeros below and on the right
        Of(2, 7, 6, 3, 4, 3, stride: 2, padding: 2) with { MoreAtEnd = new Size2(-2, -1) },
        Of(1, 8, 9, 5, 6, 2, stride: 2, padding: 0) with { MoreAtEnd = 1 },              // "same" for an even kernel
        Of(2, 17, 15, 12, 20, 3, padding: 1) with { MoreAtEnd = new Size2(2, -1) },      // by tiles
    ];

    /// <summary>Convolutions that take each tile of the GPU's product kernel in each of the three directions; in chunks all but the large one, which would need a product ten times as large.</summary>
    private static readonly Conv2dShape[] Tiled =
    [
        Of(1, 9, 9, 32, 13, 5, padding: 2), Of(1, 9, 9, 32, 12, 5, padding: 2), Of(1, 9, 9, 12, 32, 5, padding: 2), Of(1, 9, 9, 32, 32, 5, padding: 2), Of(1, 4, 4, 32, 72, 5, padding: 2),
        Of(1, 4, 4, 72, 32, 5, padding: 2), Of(1, 5, 6, 72, 72, 5, padding: 2), Of(1, 5, 6, 68, 68, 1), Of(1, 4, 4, 68, 72, 1), Of(4, 13, 12, 8, 16, 5, padding: 2), Of(4, 13, 12, 8, 32, 5, padding: 2),
        Of(4, 13, 12, 4, 72, new Size2(1, 2)), Of(4, 13, 12, 24, 72, 1), Of(1, 9, 9, 4, 72, new Size2(1, 2)), Of(1, 9, 9, 24, 72, 1), Of(4, 13, 12, 40, 36, 1), Of(1, 8, 8, 36, 40, 1),
        Of(64, 16, 16, 4, 72, new Size2(1, 2), padding: new Size2(0, 1)),                                    // many pixels
        Of(1, 8, 9, 128 * 72, 128 * 8, new Size2(1, 2), padding: new Size2(0, 1), groups: 128),              // many groups
        Of(1, 3, 4, 128 * 36, 128 * 72, new Size2(1, 2), groups: 128),                                       // many weights
    ];

    /// <summary>Weight gradients that sum over so many pixels that a GPU cuts the sum, by kernels of tiles and by those of narrow groups, in few chunks and in many.</summary>
    private static readonly Conv2dShape[] Long =
        [Of(9, 32, 30, 1, 2, 3, padding: 1), Of(2, 24, 23, 40, 3, 1), Of(1, 100, 99, 4, 4, 2, groups: 4), Of(1, 182, 182, 14, 14, 1, groups: 2)];

    /// <summary>Those that fit, then convolutions drawn from the seed.</summary>
    public static IEnumerable<Conv2dShape> For(CaseSizes sizes) =>
        [.. sizes.FittingSums(Table, Elements), .. Drawn(sizes), .. sizes.FittingSums(Long, Elements), .. sizes.HasTiles ? Tiled : []];

    private static long Elements(Conv2dShape shape) => Math.Max(shape.InputCount, Math.Max(shape.OutputCount, shape.WeightCount));

    private static IEnumerable<Conv2dShape> Drawn(CaseSizes sizes)
    {
        var random = new RandomStream(sizes.Seed, "convolutions");
        int count = sizes.Drawn;
        while (count > 0)
        {
            int groups = Draw(4) switch { 1 => Draw(5), 2 => 2, _ => 1 };
            int channels = groups * Draw(Draw(3) == 1 ? 20 : 5), outputs = groups * Draw(Draw(3) == 1 ? 40 : 5);
            Size2 kernel = new(Draw(4), Draw(4)), stride = new(Draw(3), Draw(3)), dilation = new(Draw(3), Draw(3)), padding = new(Draw(4) - 1, Draw(4) - 1);
            var shape = new Conv2dShape(Draw(3), Draw(13), Draw(13), channels, outputs, kernel, stride, padding, dilation, groups)
            {
                MoreAtEnd = Draw(3) == 1 ? new Size2(Draw(3) - 1 - Math.Min(padding.Height, 1), Draw(3) - 1 - Math.Min(padding.Width, 1)) : 0,
            };
            if (shape.OutputHeight < 1 || shape.OutputWidth < 1) continue;
            count--;
            yield return shape;
        }

        int Draw(int largest) => 1 + random.NextInt32(largest);
    }

    private static Conv2dShape Of(
        int batch, int height, int width, int channels, int outputs, Size2 kernel, Size2? stride = null, Size2 padding = default, Size2? dilation = null, int groups = 1)
    {
        Shape images = [batch, height, width, channels], weights = [outputs, kernel.Height, kernel.Width, channels / groups];
        return Conv2dShape.Of(images, weights, stride ?? 1, padding, dilation ?? 1, groups);
    }
}
