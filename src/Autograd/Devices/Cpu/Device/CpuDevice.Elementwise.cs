using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

// Element-wise primitives without broadcasting. Every element is computed alone, by vector code, so parts may be cut anywhere.
public sealed unsafe partial class CpuDevice
{
    // Transcendental functions and divisions, in elements of a plain copy.
    private const int MapCost = 4;

    /// <inheritdoc/>
    protected override void CopyCore(TensorRange x, TensorRange y)
    {
        // Both kinds of element are four bytes. Ranges of one storage may overlap, which only a copy by one thread survives.
        if (x.Storage == y.Storage)
        {
            long bytes = (long)x.Length * sizeof(float);
            Buffer.MemoryCopy(Reals(x), Reals(y), bytes, bytes);
            return;
        }
        var work = new CopyWork { From = Reals(x), To = Reals(y) };
        CpuParallel.For(threads, ref work, x.Length, 1);
    }

    /// <inheritdoc/>
    protected override void FillCore(TensorRange y, double value)
    {
        var work = new FillWork { To = Reals(y), Value = (float)value };
        CpuParallel.For(threads, ref work, y.Length, 1);
    }

    /// <inheritdoc/>
    protected override void MapCore(MapKernel kernel, TensorRange x, TensorRange y, float beta)
    {
        var work = new MapWork { Map = kernel.Cpu, X = Reals(x), Y = Reals(y), Beta = beta };
        CpuParallel.For(threads, ref work, y.Length, MapCost);
    }

    /// <inheritdoc/>
    protected override void MapBackwardCore(MapKernel kernel, TensorRange x, TensorRange y, TensorRange dy, TensorRange dx, float beta)
    {
        var work = new MapWork { Map = kernel.Cpu, X = Reals(x), Y = Reals(y), OutputGradient = Reals(dy), InputGradient = Reals(dx), Beta = beta };
        CpuParallel.For(threads, ref work, dx.Length, MapCost);
    }

    /// <inheritdoc/>
    protected override void AddScaledCore(float alpha, TensorRange x, float beta, TensorRange y)
    {
        var work = new AddScaledWork { X = Reals(x), Y = Reals(y), Alpha = alpha, Beta = beta };
        CpuParallel.For(threads, ref work, y.Length, 1);
    }

    /// <inheritdoc/>
    protected override void RestoreWhereCore(TensorRange mask, TensorRange x, TensorRange y)
    {
        var work = new RestoreWhereWork { Mask = Reals(mask), X = Reals(x), Y = Reals(y) };
        CpuParallel.For(threads, ref work, y.Length, 1);
    }

    /// <inheritdoc/>
    protected override void DropoutCore(in DropoutKey key, TensorRange x, TensorRange y, float beta)
    {
        var work = new DropoutWork { Key = key, X = Reals(x), Y = Reals(y), Beta = beta };
        CpuParallel.For(threads, ref work, y.Length, 2 * MapCost);
    }

    /// <summary>y ← alpha·x + beta·y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void AddScaled(float alpha, float* x, float beta, float* y, int length)
    {
        int i = 0, width = Lanes.Count;
        for (; i <= length - width; i += width) Lanes.Accumulate(Lanes.Load(x + i) * alpha, y + i, beta);
        if (i < length) Lanes.Accumulate(Lanes.Load(x + i, length - i) * alpha, y + i, length - i, beta);
    }

    /// <summary>y ← value + beta·y.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void AddConstant(float value, float beta, float* y, int length)
    {
        if (beta == 0)
        {
            new Span<float>(y, length).Fill(value);
            return;
        }
        int i = 0, width = Lanes.Count;
        var constant = new Vector<float>(value);
        for (; i <= length - width; i += width) Lanes.Accumulate(constant, y + i, beta);
        if (i < length) Lanes.Accumulate(constant, y + i, length - i, beta);
    }

    private struct CopyWork : IRangeWork
    {
        public float* From;
        public float* To;

        public readonly void Run(int start, int end) => new Span<float>(From + start, end - start).CopyTo(new Span<float>(To + start, end - start));
    }

    private struct FillWork : IRangeWork
    {
        public float* To;
        public float Value;

        public readonly void Run(int start, int end) => new Span<float>(To + start, end - start).Fill(Value);
    }

    private struct MapWork : IRangeWork
    {
        public CpuMap Map;
        public float* X;
        public float* Y;
        public float* OutputGradient;
        public float* InputGradient;
        public float Beta;

        public readonly void Run(int start, int end)
        {
            if (OutputGradient == null) Map.Apply(X + start, Y + start, end - start, Beta);
            else Map.Backward(X + start, Y + start, OutputGradient + start, InputGradient + start, end - start, Beta);
        }
    }

    private struct AddScaledWork : IRangeWork
    {
        public float* X;
        public float* Y;
        public float Alpha;
        public float Beta;

        public readonly void Run(int start, int end) => AddScaled(Alpha, X + start, Beta, Y + start, end - start);
    }

    /// <summary>Only masked updates use it, which touch each weight once: a plain loop is enough.</summary>
    private struct RestoreWhereWork : IRangeWork
    {
        public float* Mask;
        public float* X;
        public float* Y;

        public readonly void Run(int start, int end)
        {
            for (int i = start; i < end; i++) Y[i] = Mask[i] == 0 ? X[i] : Y[i];
        }
    }

    private struct DropoutWork : IRangeWork
    {
        private const int Buffered = 256;

        public DropoutKey Key;
        public float* X;
        public float* Y;
        public float Beta;

        [SkipLocalsInit]
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            // Four numbers a block of the generator. A part may start within a block, so blocks are drawn from the one that holds its first element.
            uint* numbers = stackalloc uint[Buffered];
            var threshold = new Vector<uint>(Key.Threshold);
            float scale = Key.Scale;
            // So may the call itself, where it has a part of a batch: its elements lie as many places behind their draws' blocks.
            int shift = (int)(Key.First & 3);
            ulong blocks = Key.First / 4;
            for (int first = (start + shift & ~3) - shift; first < end; first += Buffered)
            {
                int last = Math.Min(first + Buffered, end);
                CpuPhilox.Fill(Key.Stream, Key.Step, blocks + ((ulong)(first + shift) / 4), numbers, (last - first + 3) / 4);
                for (int i = Math.Max(first, start); i < last; i += Lanes.Count)
                {
                    int count = Math.Min(Lanes.Count, last - i);
                    Vector<uint> drawn = Lanes.Load((float*)numbers + (i - first), count).As<float, uint>();
                    Vector<float> keep = Vector.GreaterThanOrEqual(drawn, threshold).As<uint, float>();
                    Vector<float> kept = Vector.ConditionalSelect(keep, Lanes.Load(X + i, count) * scale, Vector<float>.Zero);
                    Lanes.Accumulate(kept, Y + i, count, Beta);
                }
            }
        }
    }
}
