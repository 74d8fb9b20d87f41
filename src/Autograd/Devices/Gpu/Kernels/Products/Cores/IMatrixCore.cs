using ILGPU;

namespace ResearchFreeze.Autograd;

/// <summary>
/// What multiplies a warp's tile: the matrix instruction of a card, or its portable twin. A step multiplies eight words of every line: eight elements rounded to TF32 each in its word, or sixteen to bfloat16, two in a word,
/// the first in the low half. Both keep lines <see cref="CoreLayout.Pitch"/> words apart, and both find a fragment's element by the lane that names its row, so that what is tested of one is the layout of the other.
/// </summary>
internal interface IMatrixCore
{
    /// <summary>Elements of the depth in a word of shared memory.</summary>
    static abstract int Packed { get; }

    /// <summary>A word of shared memory in the addresses that this core takes.</summary>
    static abstract int Word { get; }

    /// <summary>The group's shared memory.</summary>
    static abstract ArrayView<uint> Space(int words);

    /// <summary>Once, before anything else: sums are zero.</summary>
    static abstract void Begin();

    /// <summary>Rounds and stores four words of a line: four elements, or eight of which <paramref name="second"/> has the last.</summary>
    static abstract void PutDepth(ArrayView<uint> space, int address, Four first, Four second);

    /// <summary>Rounds and stores a word of four lines: an element each, or two of which <paramref name="second"/> has the next along the depth.</summary>
    static abstract void PutLines(ArrayView<uint> space, int address, Four first, Four second);

    /// <summary>sums + A·B over a step, for the warp's 64 or 32 rows and 32 columns. All of a warp's threads call it.</summary>
    /// <param name="sums">The thread's sums, where they are values; a card's are registers that only it names.</param>
    /// <param name="space">Shared memory.</param>
    /// <param name="a">Where the row of A that this lane names begins: <see cref="CoreLayout.LaneA"/>.</param>
    /// <param name="b">The same of B: <see cref="CoreLayout.LaneB"/>.</param>
    /// <param name="isTall">Whether the warp has 64 rows.</param>
    static abstract Results Step(Results sums, ArrayView<uint> space, int a, int b, bool isTall);

    /// <summary>Stores sixteen rows of the warp's sums, <see cref="CoreLayout.StorePitch"/> words apart.</summary>
    /// <param name="sums">The thread's sums where they are values, those rows first.</param>
    /// <param name="space">Shared memory.</param>
    /// <param name="block">Which sixteen rows.</param>
    /// <param name="address">Where the thread's first two elements of them go: <see cref="CoreLayout.LaneC"/>.</param>
    static abstract void PutSums(Results sums, ArrayView<uint> space, int block, int address);
}
