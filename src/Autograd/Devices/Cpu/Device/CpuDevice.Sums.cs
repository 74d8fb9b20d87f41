namespace ResearchFreeze.Autograd;

// Sums. Results are shared out over threads; a single long sum is cut into pieces whose size is a constant, and the pieces are added in order by the caller.
public sealed unsafe partial class CpuDevice
{
    private const int Piece = 65536;
    private const int RowPiece = 1024;
    private const int Strip = 256;

    /// <inheritdoc/>
    protected override void ReduceCore(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta)
    {
        float* to = Reals(y);
        if (layout.Inputs == 0)
        {
            // Not 0: the mean of nothing is 0 · 1/0.
            AddConstant((float)(scale * 0), beta, to, layout.Outputs);
            return;
        }
        int inner = layout.Rank - 1, stride = 1, run = inner >= 0 ? layout.Extent(inner) : 1;
        bool innerIsKept = inner >= 0 && layout.IsKept(inner);
        Walk kept = new(), summed = new();
        for (int axis = inner; axis >= 0; axis--)
        {
            if (axis != inner && layout.IsKept(axis)) kept.AddOuter(layout.Extent(axis), stride);
            else if (axis != inner) summed.AddOuter(layout.Extent(axis), stride);
            stride *= layout.Extent(axis);
        }
        if (layout.Rank == 2 && innerIsKept && run <= Strip && !layout.HasOuterKept) SumChannels(layout.Extent(0), run, scale, Reals(x), to, beta);
        else if (innerIsKept) SumColumns(Reals(x), kept, summed, run, scale, to, beta);
        else if (kept.Count == 1 && summed.Count == 1 && !layout.HasOuterKept) to[0] = Total(scale * SumRun<PlainTerm>(Reals(x), Reals(x), run), beta, to);
        else SumRows(Reals(x), kept, summed, run, scale, to, beta);
    }

    /// <inheritdoc/>
    protected override void NormCore(NormKind kind, TensorRange x, TensorRange y, TensorRange result)
    {
        float* xs = Reals(x), ys = Reals(y);
        *Reals(result) = (float)(kind switch
        {
            NormKind.SquaredL2 => SumRun<ProductTerm>(xs, xs, x.Length),
            NormKind.L1 => SumRun<MagnitudeTerm>(xs, xs, x.Length),
            NormKind.SquaredDistance => SumRun<SquaredDistanceTerm>(xs, ys, x.Length),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), $"Norm: unknown kind {kind}."),
        });
    }

    private static float Total(double sum, float beta, float* y) => beta == 0 ? (float)sum : (float)sum + (beta * *y);

    /// <summary>One long sum.</summary>
    private double SumRun<TTerm>(float* x, float* y, int length)
        where TTerm : struct, ITerm
    {
        if (length <= Piece) return CpuSums.Of<TTerm>(x, y, length);
        int pieces = ((length - 1) / Piece) + 1;
        var work = new PieceWork<TTerm> { X = x, Y = y, Length = length, Sums = scratch.Doubles(pieces) };
        threads.Run(ref work, pieces);
        double total = 0;
        for (int i = 0; i < pieces; i++) total += work.Sums[i];
        return total;
    }

    /// <summary>One sum for each combination of the kept axes, along contiguous runs.</summary>
    private void SumRows(float* x, in Walk kept, in Walk summed, int run, double scale, float* y, float beta)
    {
        var work = new RowWork { X = x, Kept = kept, Summed = summed, Length = run, Scale = scale, Y = y, Beta = beta };
        CpuParallel.For(threads, ref work, kept.Count, Math.Max(1, (int)Math.Min(int.MaxValue, (long)summed.Count * run)));
    }

    /// <summary>One sum for each column of a plain matrix.</summary>
    private void SumChannels(int rows, int columns, double scale, float* x, float* y, float beta)
    {
        double* sums = SumChunks<ElementTerm>(ChannelBlocks.ForSums(rows, columns), x, null, x);
        for (int c = 0; c < columns; c++) y[c] = Total(scale * sums[c], beta, y + c);
    }

    /// <summary>Sums across rows of <paramref name="columns"/> contiguous elements, for each combination of the outer kept axes.</summary>
    private void SumColumns(float* x, in Walk kept, in Walk summed, int columns, double scale, float* y, float beta)
    {
        int pieces = ((summed.Count - 1) / RowPiece) + 1, strips = ((columns - 1) / Strip) + 1;
        long outputs = (long)kept.Count * columns;
        var work = new ColumnWork
        {
            X = x,
            Kept = kept,
            Summed = summed,
            Columns = columns,
            Pieces = pieces,
            Strips = strips,
            Sums = scratch.Doubles(outputs * pieces),
        };
        CpuParallel.For(threads, ref work, kept.Count * strips * pieces, Math.Min(summed.Count, RowPiece) * Math.Min(columns, Strip));
        var finish = new FinishWork { Sums = work.Sums, Columns = columns, Pieces = pieces, Scale = scale, Y = y, Beta = beta };
        CpuParallel.For(threads, ref finish, (int)outputs, 2 * pieces);
    }

    private struct PieceWork<TTerm> : IParallelWork
        where TTerm : struct, ITerm
    {
        public float* X;
        public float* Y;
        public int Length;
        public double* Sums;

        public readonly void Run(int part, int worker) =>
            Sums[part] = CpuSums.Of<TTerm>(X + ((long)part * Piece), Y + ((long)part * Piece), Math.Min(Piece, Length - (part * Piece)));
    }

    private struct RowWork : IRangeWork
    {
        public float* X;
        public Walk Kept;
        public Walk Summed;
        public int Length;
        public double Scale;
        public float* Y;
        public float Beta;

        public readonly void Run(int start, int end)
        {
            for (int output = start; output < end; output++)
            {
                float* from = X + Kept.At(output);
                double sum = 0;
                for (int i = 0; i < Summed.Count; i++) sum += CpuSums.Of<PlainTerm>(from + Summed.At(i), from + Summed.At(i), Length);
                Y[output] = Total(Scale * sum, Beta, Y + output);
            }
        }
    }

    private struct ColumnWork : IRangeWork
    {
        public float* X;
        public Walk Kept;
        public Walk Summed;
        public int Columns;
        public int Pieces;
        public int Strips;
        public double* Sums;

        public readonly void Run(int start, int end)
        {
            for (int item = start; item < end; item++)
            {
                (int group, int rest) = Math.DivRem(item, Strips * Pieces);
                (int piece, int strip) = Math.DivRem(rest, Strips);
                int column = strip * Strip, row = piece * RowPiece;
                double* to = Sums + ((((long)group * Pieces) + piece) * Columns) + column;
                CpuSums.Columns(
                    X + Kept.At(group) + column, Summed, row, Math.Min(row + RowPiece, Summed.Count), Math.Min(Strip, Columns - column), to);
            }
        }
    }

    private struct FinishWork : IRangeWork
    {
        public double* Sums;
        public int Columns;
        public int Pieces;
        public double Scale;
        public float* Y;
        public float Beta;

        public readonly void Run(int start, int end)
        {
            for (int output = start; output < end; output++)
            {
                (int group, int column) = Math.DivRem(output, Columns);
                double* from = Sums + ((long)group * Pieces * Columns) + column;
                double sum = 0;
                for (int piece = 0; piece < Pieces; piece++) sum += from[(long)piece * Columns];
                Y[output] = Total(Scale * sum, Beta, Y + output);
            }
        }
    }
}
