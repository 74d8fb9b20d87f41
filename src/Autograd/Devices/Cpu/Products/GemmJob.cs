using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>One block of a product: what to pack, which tiles to compute. A plain value, shared by the threads that work on it.</summary>
internal unsafe struct GemmJob<TKernel>
    where TKernel : struct, IGemmKernel
{
    // Elements of A in the second-level cache at a time, 528 KiB: with the longest block of K, whole batches of 128 samples, so that each panel of B is needed by one part only.
    private const int MaxAPart = 132 * 1024;
    private const int MaxRowsAPart = 240;

    // Enough for a thread that was held up to be made up for, too few to matter.
    private const int PartsAThread = 8;

    public GemmShape Shape;
    public float* A;
    public float* B;
    public float* C;
    public float* Bias;
    public float* Zeros;
    public float Beta;
    public Activation Activation;

    /// <summary>Products a block of K.</summary>
    public int KBlock;

    /// <summary>A's whole panels are read where they are; the last one, if it lacks rows, is packed, since a tile reads all of its rows.</summary>
    public bool InPlaceA;

    /// <summary>B's whole panels are read where they are.</summary>
    public bool InPlaceB;

    /// <summary>B is packed already, for the block of rows before this one or for an earlier product.</summary>
    public bool KeepB;

    /// <summary>Packed panels of all of B that outlive the product, or null.</summary>
    public float* KeptB;

    public float* PackedA;
    public float* PackedB;
    public int M0;
    public int MCount;
    public int N0;
    public int NCount;
    public int K0;
    public int KCount;

    private int rowParts;
    private int columnParts;
    private bool packsLate;

    /// <summary>Parts to compute.</summary>
    public readonly int Parts => rowParts * columnParts;

    /// <summary>Parts to pack.</summary>
    public int PackParts { get; private set; }

    /// <summary>The first panel of A that is packed; those before are in place.</summary>
    private readonly int FirstPacked => InPlaceA ? MCount / TKernel.Rows : 0;

    /// <summary>The first panel of B that is packed.</summary>
    private readonly int FirstPackedColumn => InPlaceB ? NCount / TKernel.Columns : 0;

    private readonly bool PacksColumns => !KeepB && !packsLate;

    /// <summary>Parts are in the order of their rows, else of their columns.</summary>
    private readonly bool RowsFirst => Shape.TransposeA || MCount > NCount;

    private readonly int RowPanels => (MCount + TKernel.Rows - 1) / TKernel.Rows;

    private readonly int ColumnPanels => (NCount + TKernel.Columns - 1) / TKernel.Columns;

    /// <summary>The product of one batch item.</summary>
    public readonly GemmJob<TKernel> Item(int item)
    {
        GemmJob<TKernel> job = this;
        job.A += (nint)item * Shape.StrideA;
        job.B += (nint)item * Shape.StrideB;
        job.C += (nint)item * Shape.StrideC;
        return job;
    }

    /// <summary>Cuts the block's tiles into several parts a thread, if there are as many: a multiple of the threads, so that none is left with one more.</summary>
    /// <param name="threads">Threads that share them.</param>
    /// <param name="hasAllRows">No other block of rows needs the same columns of B.</param>
    public void Cut(int threads, bool hasAllRows)
    {
        int rows = RowPanels, columns = ColumnPanels, rowsAPart = Math.Max(1, Math.Min(MaxRowsAPart, MaxAPart / KBlock) / TKernel.Rows), wanted = threads == 1 ? 1 : PartsAThread * threads;
        rowParts = (rows + rowsAPart - 1) / rowsAPart;
        // As many for each thread, so that its rows are all its own; but what could be packed late is not for that packed early.
        if (RowsFirst && rows >= threads && (rowParts > 1 || InPlaceB)) rowParts = (rowParts + threads - 1) / threads * threads;
        columnParts = Math.Min(columns, (wanted + rowParts - 1) / rowParts);
        if (rowParts * columnParts < wanted) rowParts = Math.Min(rows, (wanted + columnParts - 1) / columnParts);
        while (rowParts * columnParts % threads != 0 && columnParts < columns) columnParts++;
        packsLate = rowParts == 1 && hasAllRows && KeptB == null;
        // Four panels of rows are as much work as one of columns.
        int packed = (rows - FirstPacked + 3) / 4, packedColumns = PacksColumns ? columns - FirstPackedColumn : 0;
        PackParts = Math.Min(packed + packedColumns, threads == 1 ? 1 : 2 * wanted);
    }

    /// <summary>Packs a part of the panels of A and B.</summary>
    public readonly void Pack(int part)
    {
        // As the tiles are shared out, so that most panels are packed by the thread that needs them.
        int first = FirstPacked, rows = RowPanels - first;
        for (int panel = CpuParallel.Start(part, rows, PackParts), end = CpuParallel.Start(part + 1, rows, PackParts); panel < end; panel++) PackRows(first + panel);
        if (!PacksColumns) return;
        int firstColumn = FirstPackedColumn, columns = ColumnPanels - firstColumn;
        for (int panel = CpuParallel.Start(part, columns, PackParts), end = CpuParallel.Start(part + 1, columns, PackParts); panel < end; panel++) PackColumns(firstColumn + panel);
    }

    /// <summary>Computes a part of the tiles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Compute(int part, GemmSpace space)
    {
        // Threads have the parts in runs (see CpuThreads): of rows or of columns, whichever are more, so that each reads as little of what others packed as can be. A transposed A is a weight gradient's: its rows are the
        // weight's, which the optimizer shares out as they lie.
        int rowPart, columnPart;
        if (RowsFirst) (rowPart, columnPart) = Math.DivRem(part, columnParts);
        else (columnPart, rowPart) = Math.DivRem(part, rowParts);
        int firstRow = CpuParallel.Start(rowPart, RowPanels, rowParts), endRow = CpuParallel.Start(rowPart + 1, RowPanels, rowParts);
        int firstColumn = CpuParallel.Start(columnPart, ColumnPanels, columnParts), endColumn = CpuParallel.Start(columnPart + 1, ColumnPanels, columnParts);
        int k = 0;
        do
        {
            int count = Math.Min(KBlock, KCount - k);
            bool isFirst = K0 + k == 0, isLast = K0 + k + count >= Shape.K;
            float beta = isFirst ? Beta : 1;
            Activation activation = isLast ? Activation : Activation.None;
            for (int column = firstColumn; column < endColumn; column++)
            {
                int at = column * TKernel.Columns, columns = Math.Min(TKernel.Columns, NCount - at);
                bool inPlace = InPlaceB && columns == TKernel.Columns;
                float* b = inPlace ? B + ((nint)(K0 + k) * Shape.LeadingB) + N0 + at : packsLate ? space.Panel : PackedColumns(column, k, count);
                nint stride = inPlace ? Shape.LeadingB : TKernel.Columns;
                if (packsLate && !inPlace) PackColumns(N0 + at, columns, k, count, b);
                float* start = isFirst && Bias != null ? Bias + N0 + at : Zeros;
                float* c = C + ((nint)M0 * Shape.LeadingC) + N0 + at;
                int packed = Math.Clamp(FirstPacked, firstRow, endRow), top = firstRow * TKernel.Rows, middle = packed * TKernel.Rows;
                if (middle > top)
                {
                    nint row = Shape.TransposeA ? 1 : Shape.LeadingA, term = Shape.TransposeA ? Shape.LeadingA : 1;
                    float* a = A + ((M0 + top) * row) + ((K0 + k) * term);
                    GemmTiles<TKernel>.Compute(
                        count, a, row, term, TKernel.Rows * row, b, stride, start, c + ((nint)top * Shape.LeadingC), Shape.LeadingC, middle - top, columns, beta, activation, space.Tile, Ahead(column, k, firstColumn, endColumn, (middle - top) / TKernel.Rows));
                }
                int rows = Math.Min(endRow * TKernel.Rows, MCount) - middle;
                if (rows <= 0) continue;
                GemmTiles<TKernel>.Compute(
                    count, PackedRows(packed, k, count), 1, TKernel.Rows, (nint)count * TKernel.Rows, b, stride, start, c + ((nint)middle * Shape.LeadingC), Shape.LeadingC, rows, columns, beta, activation, space.Tile);
            }
            k += KBlock;
        }
        while (k < KCount);
    }

    /// <summary>What follows a column at k in this part, the next column or the first one of the next block of K, where it comes from memory in order: kept panels, and the rows of a transposed B.</summary>
    private readonly GemmAhead Ahead(int column, int k, int firstColumn, int endColumn, int tiles)
    {
        if (KeptB == null && (!packsLate || !Shape.TransposeB)) return default;
        if (++column == endColumn)
        {
            column = firstColumn;
            k += KBlock;
        }
        if (k >= KCount) return default;
        int count = Math.Min(KBlock, KCount - k), at = column * TKernel.Columns;
        return KeptB != null
            ? new GemmAhead(PackedColumns(column, k, count), 0, 1, count * TKernel.Columns, tiles)
            : new GemmAhead(B + ((nint)(N0 + at) * Shape.LeadingB) + K0 + k, Shape.LeadingB, Math.Min(TKernel.Columns, NCount - at), count, tiles);
    }

    // Panels of one block of K follow one another, then those of the next block.
    private readonly float* PackedRows(int panel, int k, int count) =>
        PackedA + ((nint)k * (RowPanels - FirstPacked) * TKernel.Rows) + ((nint)(panel - FirstPacked) * count * TKernel.Rows);

    private readonly float* PackedColumns(int panel, int k, int count) =>
        PackedB + ((nint)k * ColumnPanels * TKernel.Columns) + ((nint)panel * count * TKernel.Columns);

    private readonly void PackRows(int panel)
    {
        int row = M0 + (panel * TKernel.Rows), rows = Math.Min(TKernel.Rows, M0 + MCount - row);
        for (int k = 0; k < KCount; k += KBlock)
        {
            int count = Math.Min(KBlock, KCount - k);
            float* to = PackedRows(panel, k, count);
            if (Shape.TransposeA) GemmPacking.Straight(A + ((nint)(K0 + k) * Shape.LeadingA) + row, Shape.LeadingA, rows, count, to, TKernel.Rows);
            else GemmPacking.Transposed(A + ((nint)row * Shape.LeadingA) + K0 + k, Shape.LeadingA, rows, count, to, TKernel.Rows);
        }
    }

    private readonly void PackColumns(int panel)
    {
        int column = N0 + (panel * TKernel.Columns), columns = Math.Min(TKernel.Columns, N0 + NCount - column);
        for (int k = 0; k < KCount; k += KBlock)
        {
            int count = Math.Min(KBlock, KCount - k);
            PackColumns(column, columns, k, count, PackedColumns(panel, k, count));
        }
    }

    private readonly void PackColumns(int column, int columns, int k, int count, float* to)
    {
        if (Shape.TransposeB) GemmPacking.Transposed(B + ((nint)column * Shape.LeadingB) + K0 + k, Shape.LeadingB, columns, count, to, TKernel.Columns);
        else GemmPacking.Straight(B + ((nint)(K0 + k) * Shape.LeadingB) + column, Shape.LeadingB, columns, count, to, TKernel.Columns);
    }
}
