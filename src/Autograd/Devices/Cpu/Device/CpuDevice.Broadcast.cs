namespace ResearchFreeze.Autograd;

// Element-wise primitives that repeat an operand. The innermost axis runs in vectors, the outer ones are walked; parts may be cut anywhere, also within a row.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void ZipCore(ZipKernel kernel, in ZipLayout layout, TensorRange a, TensorRange b, TensorRange y, float beta)
    {
        int inner = layout.Rank - 1;
        var work = new ZipWork { Zip = kernel.Cpu, A = Reals(a), B = Reals(b), Y = Reals(y), Beta = beta, Inner = 1, WalkA = new Walk(), WalkB = new Walk() };
        if (inner >= 0)
        {
            // Operands are contiguous, so the innermost stride is 1, or 0 where the operand repeats.
            (work.Inner, work.StrideA, work.StrideB) = (layout.Extent(inner), layout.StrideA(inner), layout.StrideB(inner));
        }
        for (int axis = inner - 1; axis >= 0; axis--)
        {
            work.WalkA.AddOuter(layout.Extent(axis), layout.StrideA(axis));
            work.WalkB.AddOuter(layout.Extent(axis), layout.StrideB(axis));
        }
        CpuParallel.For(threads, ref work, layout.Output.Count, 1);
    }

    /// <inheritdoc/>
    protected override void ExpandCore(in ReduceLayout layout, double scale, TensorRange x, TensorRange y, float beta)
    {
        int inner = layout.Rank - 1, stride = 1;
        var work = new ExpandWork { X = Reals(x), Y = Reals(y), Scale = (float)scale, Beta = beta, Inner = 1, Outer = new Walk() };
        if (inner >= 0)
        {
            work.Inner = layout.Extent(inner);
            work.IsKept = layout.IsKept(inner);
            if (work.IsKept) stride = work.Inner;
        }
        for (int axis = inner - 1; axis >= 0; axis--)
        {
            work.Outer.AddOuter(layout.Extent(axis), layout.IsKept(axis) ? stride : 0);
            if (layout.IsKept(axis)) stride *= layout.Extent(axis);
        }
        CpuParallel.For(threads, ref work, layout.Inputs, 1);
    }

    private struct ZipWork : IRangeWork
    {
        public CpuZip Zip;
        public float* A;
        public float* B;
        public float* Y;
        public float Beta;
        public int Inner;
        public int StrideA;
        public int StrideB;
        public Walk WalkA;
        public Walk WalkB;

        public readonly void Run(int start, int end)
        {
            (int row, int column) = Math.DivRem(start, Inner);
            for (int i = start; i < end; row++, column = 0)
            {
                int length = Math.Min(Inner - column, end - i);
                Zip.Apply(A + WalkA.At(row) + (column * StrideA), StrideA, B + WalkB.At(row) + (column * StrideB), StrideB, Y + i, length, Beta);
                i += length;
            }
        }
    }

    private struct ExpandWork : IRangeWork
    {
        public float* X;
        public float* Y;
        public float Scale;
        public float Beta;
        public int Inner;
        public bool IsKept;
        public Walk Outer;

        public readonly void Run(int start, int end)
        {
            (int row, int column) = Math.DivRem(start, Inner);
            for (int i = start; i < end; row++, column = 0)
            {
                int length = Math.Min(Inner - column, end - i);
                float* from = X + Outer.At(row);
                if (IsKept) AddScaled(Scale, from + column, Beta, Y + i, length);
                else AddConstant(Scale * *from, Beta, Y + i, length);
                i += length;
            }
        }
    }
}
