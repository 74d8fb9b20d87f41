namespace ResearchFreeze.Autograd;

/// <summary>
/// Packed panels of weights that rest: a frozen layer's, or all of them during an evaluation. Weights that move at every step are packed just before their use, into the first-level cache, and never kept. The memory, as much as
/// the weights', goes back when the storage's content moves and the operand is used again, or with the storage. One for each way to read the operand: a forward pass and an input gradient take turns.
/// </summary>
internal sealed unsafe class PackedOperand
{
    // Products with the same content before panels are kept: a step with one or two micro-batches keeps none.
    private const int Patience = 2;

    private readonly NativeBuffer straight = new();
    private readonly NativeBuffer transposed = new();
    private Use lastStraight;
    private Use lastTransposed;

    /// <summary>Room for the panels of B, or null where they are not to be kept.</summary>
    /// <param name="b">B's first element.</param>
    /// <param name="version">Its storage's version.</param>
    /// <param name="shape">The product.</param>
    /// <param name="count">Elements of all panels.</param>
    /// <param name="isPacked">Whether they hold B already.</param>
    public float* Panels(float* b, int version, in GemmShape shape, long count, out bool isPacked)
    {
        ref Use last = ref shape.TransposeB ? ref lastTransposed : ref lastStraight;
        NativeBuffer buffer = shape.TransposeB ? transposed : straight;
        var use = new Use((nint)b, version, shape.N, shape.K, shape.LeadingB, count, 1);
        if (use != last with { Times = 1 }) buffer.Free();
        else use = last with { Times = Math.Min(last.Times + 1, Patience + 2) };
        last = use;
        isPacked = use.Times > Patience + 1;
        // Once for as long as the weights rest, so that the steps that follow pack nothing.
        return use.Times > Patience ? buffer.Floats(count) : null;
    }

    public void Free()
    {
        straight.Free();
        transposed.Free();
        (lastStraight, lastTransposed) = (default, default);
    }

    private readonly record struct Use(nint Address, int Version, int N, int K, int Leading, long Count, int Times);
}
