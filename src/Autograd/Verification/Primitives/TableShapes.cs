namespace ResearchFreeze.Autograd;

/// <summary>Tables with ids to look up: once, often, not in it, none; then drawn ones.</summary>
internal static class TableShapes
{
    private static readonly (int Rows, int Columns, int[] Ids)[] Listed =
    [
        (1, 1, [0]), (4, 5, [3, 0, 3, 3, -1, 1, 4, 3]), (3, 2, []), (0, 3, [0, 1]), (2, 3, [int.MaxValue, int.MinValue, 1, 1]), (7, 1, [6, 6, 6]), (5, 3, [-1, -1, 5]),
        (50, 33, Spread(600, 53)), (300, 7, Spread(400, 290)), (3, 300, Spread(300, 3)), (1000, 16, Spread(1500, 1000)), (3, 4000, Spread(7, 4)),
    ];

    private static readonly (int Rows, int Columns, int Ids)[] Sizes = [(1, 1, 1), (5, 1, 9), (9, 3, 20), (7, 17, 31), (4, 33, 300), (300, 10, 50), (50, 130, 90), (4, 33, 600), (600, 10, 50)];

    public static IEnumerable<(int Rows, int Columns, int[] Ids)> For(CaseSizes sizes)
    {
        foreach ((int Rows, int Columns, int[] Ids) table in sizes.FittingSums(Listed, item => (long)Math.Max(item.Rows, item.Ids.Length) * item.Columns)) yield return table;
        var random = new RandomStream(sizes.Seed, "tables");
        foreach ((int rows, int columns, int count) in sizes.FittingSums(Sizes, item => (long)Math.Max(item.Rows, item.Ids) * item.Columns)) yield return (rows, columns, Draw(random, rows, count));
    }

    private static int[] Draw(RandomStream random, int rows, int count)
    {
        int[] foreign = [-1, rows, int.MinValue, int.MaxValue], ids = new int[count];
        for (int i = 0; i < count; i++) ids[i] = random.NextInt32(8) == 0 ? foreign[random.NextInt32(4)] : random.NextInt32(3) == 0 ? rows / 2 : random.NextInt32(rows);
        return ids;
    }

    private static int[] Spread(int count, int rows) => [.. Enumerable.Range(0, count).Select(i => (int)((i * 7919L * (i + 3)) % rows))];
}
