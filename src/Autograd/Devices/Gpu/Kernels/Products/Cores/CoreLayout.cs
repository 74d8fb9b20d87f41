namespace ResearchFreeze.Autograd;

/// <summary>
/// Where things lie in shared memory, in words. PTX ISA, "Matrix multiply-accumulate operation using mma instruction", figures of m16n8k8 (.tf32) and m16n8k16 (.bf16): seen in words both fragments are the same,
/// and <c>ldmatrix</c> fills them from rows of four words, each of which one lane names.
/// </summary>
internal static class CoreLayout
{
    /// <summary>Threads that multiply together.</summary>
    public const int Warp = 32;

    /// <summary>Words of a line that a step multiplies.</summary>
    public const int StepWords = 8;

    /// <summary>Words of a line in a slice.</summary>
    public const int SliceWords = 16;

    /// <summary>From a line's slice to the next line's: eight rows of four words, 20 words apart, lie in different banks.</summary>
    public const int Pitch = 20;

    /// <summary>From a row of sums to the next: what eight threads store at once lies in different banks.</summary>
    public const int StorePitch = 40;

    /// <summary>Words for sixteen rows of a warp's sums.</summary>
    public const int StoreWords = 16 * StorePitch;

    /// <summary>Rows of a block of A; columns of a warp.</summary>
    public const int BlockRows = 16, WarpColumns = 32;

    /// <summary>The row of A that a lane names, from the warp's first: lanes 0–7 rows 0–7, 8–15 rows 8–15, 16–31 the same rows four words further.</summary>
    public static int LaneA(int lane) => ((lane & 15) * Pitch) + ((lane >> 4) * 4);

    /// <summary>The column of B that a lane names: lanes 0–7 columns 0–7, 8–15 the same four words further, 16–31 columns 8–15 likewise.</summary>
    public static int LaneB(int lane) => (((lane & 7) + ((lane >> 4) * 8)) * Pitch) + (((lane >> 3) & 1) * 4);

    /// <summary>A thread's first sums among the sixteen rows: row lane/4, columns 2·(lane mod 4) and the next.</summary>
    public static int LaneC(int lane) => ((lane >> 2) * StorePitch) + ((lane & 3) * 2);
}
