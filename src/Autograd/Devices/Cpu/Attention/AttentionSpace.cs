namespace ResearchFreeze.Autograd;

/// <summary>
/// A thread's work space for attention. Rows of queries, keys and values are copied to a width that is a micro-kernel's or a multiple of it, zeros behind them, so that they are either operand of a product; rows that a kernel reads
/// beyond those there are have undefined content, of which nothing is stored.
/// </summary>
internal sealed unsafe class AttentionSpace
{
    private const int LargestTile = 12 * 32;

    // What a kernel's last tile reads beyond the keys of a block where they are its rows.
    private const int Slack = 32;

    private readonly NativeBuffer memory = new();

    /// <summary>From one row of scores to the next.</summary>
    public const int ScoreStride = AttentionJob.KeyBlock;

    /// <summary>From one row of a copy to the next.</summary>
    public int Width { get; private set; }

    /// <summary>A block of queries, times the scale.</summary>
    public float* Queries { get; private set; }

    public float* OutputGradients { get; private set; }

    /// <summary>Keys, panel by panel: the second operand of the scores.</summary>
    public float* TurnedKeys { get; private set; }

    public float* TurnedValues { get; private set; }

    public float* Keys { get; private set; }

    public float* Values { get; private set; }

    /// <summary>Scores of a block of queries and keys, then their weights, then the scores' gradients.</summary>
    public float* Scores { get; private set; }

    /// <summary>The weights' gradients, or what dropout leaves of the weights.</summary>
    public float* Weights { get; private set; }

    /// <summary>A block's results.</summary>
    public float* Results { get; private set; }

    public float* KeyGradients { get; private set; }

    public float* ValueGradients { get; private set; }

    /// <summary>The largest score of each query, or Σ dy·y.</summary>
    public float* Maxima { get; private set; }

    public float* Sums { get; private set; }

    public float* Zeros { get; private set; }

    public float* Tile { get; private set; }

    /// <summary>A row's draws.</summary>
    public uint* Draws { get; private set; }

    /// <summary>Room for a call.</summary>
    /// <param name="shape">What is computed.</param>
    /// <param name="columns">A micro-kernel's columns.</param>
    /// <param name="keys">Keys that are copied at a time.</param>
    /// <param name="isBackward">Whether gradients are computed.</param>
    public void Prepare(in AttentionShape shape, int columns, int keys, bool isBackward)
    {
        Width = shape.Size <= columns / 2 ? columns / 2 : (shape.Size + columns - 1) / columns * columns;
        int panels = (keys + columns - 1) / columns, turned = panels * columns * shape.Size, queryRows = (AttentionJob.QueryBlock + Slack) * Width, keyRows = (keys + Slack) * Width;
        int scores = (AttentionJob.QueryBlock + 1) * ScoreStride, draws = (AttentionJob.KeyBlock + 8) * 4;
        long total = (3L * queryRows) + (4L * keyRows) + (2L * turned) + (2L * scores) + (2L * AttentionJob.QueryBlock) + columns + LargestTile + draws + (18 * 16);
        float* at = memory.Floats(total);
        Queries = Take(queryRows);
        Results = Take(queryRows);
        TurnedKeys = Take(turned);
        Scores = Take(scores);
        Weights = Take(scores);
        Maxima = Take(AttentionJob.QueryBlock);
        Sums = Take(AttentionJob.QueryBlock);
        Zeros = Take(columns);
        Tile = Take(LargestTile);
        Draws = (uint*)Take(draws);
        Values = Take(keyRows);
        if (isBackward)
        {
            OutputGradients = Take(queryRows);
            TurnedValues = Take(turned);
            Keys = Take(keyRows);
            KeyGradients = Take(keyRows);
            ValueGradients = Take(keyRows);
        }
        new Span<float>(Zeros, columns).Clear();

        float* Take(int count)
        {
            float* taken = at;
            // Whole lines of the cache.
            at += (count + 15) & ~15;
            return taken;
        }
    }

    public void Free() => memory.Free();
}
