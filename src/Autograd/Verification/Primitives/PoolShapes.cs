namespace ResearchFreeze.Autograd;

/// <summary>Poolings that a device must get right: each corner of the definition by hand, then whatever a seeded generator draws.</summary>
internal static class PoolShapes
{
    /// <summary>The corners.</summary>
    private static readonly Pool2dShape[] Table =
    [
        Of(1, 1, 1, 1, 1, 1),                                                            // one element of everything
        Of(0, 4, 4, 3, 2, 2),                                                            // no images
        Of(2, 4, 6, 1, 2, 2),                                                            // one channel
        Of(3, 5, 7, 1, 2, 2),                                                            // a row and a column that no window reads
        Of(2, 6, 6, 3, 2, 2),
        Of(2, 7, 5, 3, 2, 2),
        Of(2, 8, 8, 8, 2, 2),                                                            // whole vectors
        Of(2, 7, 9, 17, 2, 2),                                                           // and one lane more
        Of(1, 9, 8, 40, 2, 2),
        Of(2, 7, 5, 16, 2, 2),                                                           // whole vectors, a row and a column that no window reads
        Of(2, 5, 5, 10, 2, 1),                                                           // windows that overlap
        Of(2, 9, 9, 5, 3, 2, 1),                                                         // the stem of a network
        Of(1, 8, 9, 33, 3, 2, 1),
        Of(1, 7, 7, 1, 3, 1, 1),
        Of(2, 6, 7, 4, 3, 1),
        Of(2, 10, 9, 3, 2, 3),                                                           // a stride larger than the kernel: pixels nobody reads
        Of(1, 11, 7, 9, 1, 2),
        Of(1, 11, 10, 1, 2, 4, 1),
        Of(2, 2, 3, 3, 5, 1, 2),                                                         // a kernel larger than the image
        Of(2, 1, 1, 9, 2, 1, 1),                                                         // one pixel in every window
        Of(1, 2, 2, 1, 4, 3, 2),
        Of(2, 6, 5, 7, new Size2(6, 5), 1),                                              // the whole image
        Of(2, 7, 7, 64, 7, 7),
        Of(1, 6, 9, 4, new Size2(1, 3), new Size2(1, 2), new Size2(0, 1)),               // each side its own
        Of(1, 9, 6, 4, new Size2(3, 1), new Size2(2, 1), new Size2(1, 0)),
        Of(1, 7, 8, 2, new Size2(4, 2), new Size2(3, 1), new Size2(2, 1)),
        Of(3, 20, 18, 35, 2, 2),                                                         // enough for threads to share
        Of(2, 31, 33, 32, 2, 2),
        Of(2, 30, 31, 16, 3, 2, 1),
        Of(4, 60, 62, 1, 2, 2),
        Of(4, 50, 54, 3, 2, 2),
    ];

    /// <summary>Those that fit, then poolings drawn from the seed.</summary>
    public static IEnumerable<Pool2dShape> For(CaseSizes sizes) => [.. sizes.Fitting(Table, shape => Math.Max(shape.InputCount, shape.OutputCount)), .. Drawn(sizes)];

    private static IEnumerable<Pool2dShape> Drawn(CaseSizes sizes)
    {
        var random = new RandomStream(sizes.Seed, "poolings");
        int count = sizes.Drawn;
        while (count > 0)
        {
            Size2 kernel = new(Draw(4), Draw(4)), stride = new(Draw(4), Draw(4)), padding = new(random.NextInt32((kernel.Height / 2) + 1), random.NextInt32((kernel.Width / 2) + 1));
            var shape = Pool2dShape.Of("pool", [Draw(3), kernel.Height + Draw(9), kernel.Width + Draw(9), Draw(3) == 1 ? Draw(40) : Draw(5)], kernel, stride,
                Draw(3) == 1 ? Padding2.Same : Draw(3) == 1 ? new Padding2(padding.Height, padding.Width, kernel.Height / 2, 0) : padding, ceil: Draw(2) == 1);
            if (shape.OutputHeight < 1 || shape.OutputWidth < 1) continue;
            count--;
            yield return shape;
        }

        int Draw(int largest) => 1 + random.NextInt32(largest);
    }

    private static Pool2dShape Of(int batch, int height, int width, int channels, Size2 kernel, Size2 stride, Size2 padding = default) =>
        Pool2dShape.Of("pool", [batch, height, width, channels], kernel, stride, padding);
}
