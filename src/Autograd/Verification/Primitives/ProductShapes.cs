namespace ResearchFreeze.Autograd;

/// <summary>Matrix products that a device must get right: ends of tiles and of blocks of the sum, batches, operands that repeat, rows longer than a matrix.</summary>
internal static class ProductShapes
{
    private static readonly (int M, int N, int K)[] Sizes =
    [
        (1, 1, 1), (5, 6, 0), (0, 3, 4), (5, 0, 3), (4, 3, 8), (2, 5, 16), (3, 40, 1), (1, 7, 13), (7, 1, 31), (13, 31, 1), (7, 10, 33), (31, 33, 7), (12, 32, 8), (33, 5, 18), (33, 31, 17), (32, 32, 32), (24, 64, 16),
        (33, 13, 64), (65, 1, 31), (13, 65, 33), (64, 64, 64), (1, 129, 33), (129, 33, 31), (31, 10, 129), (65, 7, 100), (100, 130, 65), (1, 129, 129), (129, 129, 129), (127, 129, 257), (50, 70, 700), (7, 200, 300),
        (300, 300, 60), (270, 40, 530),
    ];

    /// <summary>
    /// Products for each tile of a GPU's kernel, sums in one piece and in chunks, in turn, of extents that allow to read four elements at a time; then others. A large tile needs many groups, which
    /// small products give by a batch.
    /// </summary>
    private static readonly (int M, int N, int K, int Batch)[] Tiled =
    [
        (64, 68, 12, 3), (8, 12, 1000, 1), (300, 16, 20, 3), (132, 12, 520, 1), (256, 20, 8, 2), (132, 32, 520, 1), (12, 516, 20, 3), (16, 144, 520, 1), (32, 132, 12, 2), (28, 132, 516, 1),
        (132, 132, 12, 32), (68, 72, 8, 128), (65, 129, 5, 64), (257, 17, 7, 2), (29, 129, 521, 1), (11, 515, 20, 3),
    ];

    /// <summary>Single products, each with operands as stored or transposed; every third has gaps between its rows.</summary>
    public static IEnumerable<GemmShape> Single(CaseSizes sizes)
    {
        int turn = 0;
        foreach ((int m, int n, int k) in sizes.FittingSums(Sizes, item => Math.Max((long)item.M * item.N, (long)Math.Max(item.M, item.N) * item.K / 4) / 4))
        {
            for (int flags = 0; flags < 4; flags++)
            {
                GemmShape shape = GemmShape.Of(m, n, k, (flags & 1) != 0, (flags & 2) != 0);
                yield return ++turn % 3 == 0 ? shape with { LeadingA = shape.LeadingA + 3, LeadingB = shape.LeadingB + 5, LeadingC = shape.LeadingC + 2 } : shape;
            }
        }
    }

    /// <summary>Products repeated over a batch, of which operands may repeat or have gaps; what the result is added to; whether there is a bias; the activation.</summary>
    public static IEnumerable<(GemmShape Shape, float Beta, bool HasBias, Activation Activation)> Batched(CaseSizes sizes) => sizes.FittingSums(AllBatched(), item => item.Shape.LengthC);

    public static IEnumerable<(GemmShape Shape, int Flags)> ForTiles(CaseSizes sizes) =>
        from item in sizes.HasTiles ? Tiled : []
        from flags in Enumerable.Range(0, 4)
        select (GemmShape.Of(item.M, item.N, item.K, (flags & 1) != 0, (flags & 2) != 0).Batched(item.Batch, item.M * item.K, item.K * item.N, item.M * item.N), flags);

    private static IEnumerable<(GemmShape Shape, float Beta, bool HasBias, Activation Activation)> AllBatched()
    {
        foreach ((int m, int n, int k) in ((int, int, int)[])[(7, 13, 5), (13, 33, 31), (1, 9, 7)])
        {
            for (int flags = 0; flags < 4; flags++)
            {
                GemmShape one = GemmShape.Of(m, n, k, (flags & 1) != 0, (flags & 2) != 0);
                foreach (int batch in (int[])[0, 1, 2, 9])
                {
                    yield return (one.Batched(batch, m * k, k * n, m * n), 0, false, Activation.None);
                    yield return (one.Batched(batch, m * k, 0, m * n), 1, true, Activation.None);
                    yield return (one.Batched(batch, 0, k * n, (m * n) + 3), 0.5f, false, Activation.None);
                    yield return (one.Batched(batch, (m * k) + 1, 0, m * n), 0, true, Activation.Relu);
                    yield return (one.Batched(batch, 0, 0, m * n), 0, true, Activation.Tanh);
                }
            }
        }
        yield return (GemmShape.Of(17, 33, 9).Batched(11, 17 * 9, 9 * 33, 17 * 33), 0, false, Activation.None);
        yield return (GemmShape.Of(65, 40, 33, transposeB: true).Batched(13, 65 * 33, 40 * 33, 65 * 40), 0, false, Activation.None);
        // Heads side by side in a row, as attention lays them out: the leading dimension is longer than a head.
        const int Heads = 3, Width = 8, Tokens = 11;
        yield return (new GemmShape(Tokens, Tokens, Width, false, true, Heads * Width, Heads * Width, Tokens, Heads, Width, Width, Tokens * Tokens), 0, false, Activation.None);
        // Gaps everywhere, with every activation; an operand that repeats.
        var strided = new GemmShape(5, 6, 7, false, false, 9, 8, 10, 3, 50, 60, 70);
        foreach (Activation activation in CaseValues.Activations) yield return (strided, 0, true, activation);
        yield return (strided with { StrideB = 0, TransposeA = true, TransposeB = true }, 0.5f, false, Activation.None);
    }
}
