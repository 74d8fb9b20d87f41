namespace ResearchFreeze.Autograd;

/// <summary>How many rows of a tile a micro-kernel works on. The JIT compiles a kernel for each: what the choice excludes costs nothing.</summary>
internal interface ITileRows;

/// <summary>A full tile.</summary>
internal readonly struct AllRows : ITileRows;

/// <summary>The first few: a remainder at the lower edge, or a product with few rows.</summary>
internal readonly struct SomeRows : ITileRows;

/// <summary>One.</summary>
internal readonly struct OneRow : ITileRows;

/// <summary>How many vectors wide.</summary>
internal interface ITileColumns;

/// <summary>A full tile: two vectors.</summary>
internal readonly struct TwoVectors : ITileColumns;

/// <summary>A remainder at the right edge, or a product with few columns.</summary>
internal readonly struct OneVector : ITileColumns;

/// <summary>
/// A micro-kernel: C ← init + A·B + beta·C for one tile of C, held in registers. Every element is one chain init + a₀·b₀ + a₁·b₁ + …, in the order of k and
/// whatever the tile's
/// size, so an element's bits do not depend on where it stands in the matrix.
/// </summary>
internal unsafe interface IGemmKernel
{
    /// <summary>Rows of a full tile; also of a packed panel of A.</summary>
    static abstract int Rows { get; }

    /// <summary>Rows of the small tile.</summary>
    static abstract int FewRows { get; }

    /// <summary>Columns of a full tile; also of a packed panel of B. A tile of one vector has half.</summary>
    static abstract int Columns { get; }

    /// <summary>Elements of a matrix that is read in place, because the second-level cache has it all: packing would take longer. 0: it never does.</summary>
    static abstract int Resident { get; }

    /// <summary>Computes one tile.</summary>
    /// <param name="k">Products a sum.</param>
    /// <param name="a">The first row of A.</param>
    /// <param name="strideRow">From one row of A to the next: 1 in a packed panel.</param>
    /// <param name="strideA">From one k to the next in A: <see cref="Rows"/> in a packed panel, 1 where a row lies in order.</param>
    /// <param name="b">The first row of B's columns.</param>
    /// <param name="strideB">From one k to the next in B: <see cref="Columns"/> in a packed panel, the leading dimension in a matrix.</param>
    /// <param name="init">A row of <see cref="Columns"/> elements that every row's sum begins with: bias or zeros.</param>
    /// <param name="c">The tile.</param>
    /// <param name="strideC">From one of its rows to the next.</param>
    /// <param name="rows">Rows to store; what is computed of the others is dropped.</param>
    /// <param name="beta">0 overwrites and does not read.</param>
    static abstract void Run<TRows, TColumns>(int k, float* a, nint strideRow, nint strideA, float* b, nint strideB, float* init, float* c, nint strideC, int rows, float beta)
        where TRows : struct, ITileRows
        where TColumns : struct, ITileColumns;

    /// <summary>Computes two full tiles of one vector, one below the other: as many sums at a time as a tile of two vectors has, so that none waits for the one before it.</summary>
    /// <param name="k">Products a sum.</param>
    /// <param name="a">The first row of A.</param>
    /// <param name="strideRow">From one row of A to the next in a tile.</param>
    /// <param name="strideA">From one k to the next in A.</param>
    /// <param name="strideTile">From one tile's rows of A to the next's.</param>
    /// <param name="b">The first row of B's columns.</param>
    /// <param name="strideB">From one k to the next in B.</param>
    /// <param name="init">A vector that every row's sum begins with.</param>
    /// <param name="c">The upper tile.</param>
    /// <param name="strideC">From one row of a tile to the next, and from the last of the upper to the first of the lower.</param>
    /// <param name="beta">0 overwrites and does not read.</param>
    static abstract void RunPair(int k, float* a, nint strideRow, nint strideA, nint strideTile, float* b, nint strideB, float* init, float* c, nint strideC, float beta);
}
