namespace ResearchFreeze.Autograd;

/// <summary>Normalisations that a device must get right: one channel, tiles that are not full, several tiles, several chunks of rows, no rows; then drawn ones.</summary>
internal static class NormShapes
{
    private static readonly (int Rows, int Channels)[] Batches =
    [
        (1, 1), (2, 1), (0, 3), (7, 1), (8, 1), (5, 3), (16, 3), (5, 16), (13, 10), (9, 16), (31, 17), (64, 8), (300, 1), (257, 3), (3, 129), (70, 31), (33, 32), (40, 33), (33, 64), (3, 300), (2, 1025), (3, 2000),
        (257, 32), (8193, 1), (3000, 5), (600, 40), (40_003, 1), (13_001, 3), (4001, 10), (2500, 16), (2353, 17), (625, 64), (300, 130), (60, 500), (129, 256), (4, 9000), (8193, 17),
    ];

    /// <summary>Group norm, and layer norm, which is one group of one pixel.</summary>
    private static readonly GroupNormShape[] Groups =
    [
        new(1, 1, 1, 1, 1e-3f, true), new(1, 1, 1, 7, 1e-3f, true), new(0, 4, 2, 3, 1e-3f, true), new(5, 1, 1, 3, 1e-3f, true), new(2, 9, 1, 1, 1e-3f, true), new(2, 2, 1, 9, 1e-3f, true), new(3, 16, 4, 1, 1e-3f, true),
        new(9, 1, 3, 5, 1e-3f, true), new(5, 1, 1, 64, 1e-3f, true), new(2, 25, 4, 2, 1e-3f, true), new(4, 1, 8, 16, 1e-3f, true), new(1, 30, 3, 7, 1e-3f, true), new(13, 1, 1, 129, 1e-3f, true),
        new(2, 49, 2, 8, 1e-3f, true), new(3, 200, 1, 3, 1e-3f, true), new(31, 1, 1, 64, 1e-3f, true), new(2, 36, 2, 33, 1e-3f, true), new(3, 1, 1, 2000, 1e-3f, true), new(700, 1, 1, 33, 1e-3f, true),
        new(1, 900, 2, 17, 1e-3f, true), new(3, 1, 1, 5000, 1e-3f, true), new(2, 900, 8, 2, 1e-3f, true), new(1, 5001, 1, 5, 1e-3f, true), new(2, 12, 2, 700, 1e-3f, true), new(1, 4, 3, 1500, 1e-3f, true), new(1, 8193, 1, 17, 1e-3f, true),
    ];

    public static IEnumerable<BatchNormShape> OfBatches(CaseSizes sizes)
    {
        foreach ((int rows, int channels) in sizes.FittingSums(Batches, item => (long)item.Rows * item.Channels)) yield return new BatchNormShape(rows, channels, 1e-3f);
        var random = new RandomStream(sizes.Seed, "batch norms");
        for (int i = 0; i < sizes.Drawn; i++)
        {
            int channels = 1 + random.NextInt32(random.NextInt32(3) == 0 ? 300 : 40), most = Math.Min(random.NextInt32(4) == 0 ? sizes.MaxElements / channels : 60, sizes.MaxSummed / channels);
            yield return new BatchNormShape(1 + random.NextInt32(Math.Max(1, most)), channels, 1e-3f);
        }
    }

    public static IEnumerable<GroupNormShape> OfGroups(CaseSizes sizes)
    {
        foreach (GroupNormShape shape in sizes.FittingSums(Groups, item => item.Count))
        {
            yield return shape;
            yield return shape with { IsCentered = false };
        }
        var random = new RandomStream(sizes.Seed, "group norms");
        for (int i = 0; i < sizes.Drawn; i++)
            yield return new GroupNormShape(1 + random.NextInt32(5), 1 + random.NextInt32(40), 1 + random.NextInt32(4), 1 + random.NextInt32(random.NextInt32(3) == 0 ? 60 : 9), 1e-3f, random.NextInt32(4) != 0);
    }
}
