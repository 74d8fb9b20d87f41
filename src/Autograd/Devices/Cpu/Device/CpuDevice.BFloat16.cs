using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

// In integers, so that not a bit depends on the processor. Every element is computed alone: parts may be cut anywhere.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void ToBFloat16Core(TensorRange x, TensorRange y)
    {
        var work = new ToBFloat16Work { X = Reals(x), Y = BFloat16s(y) };
        CpuParallel.For(threads, ref work, y.Length, 1);
    }

    /// <inheritdoc/>
    protected override void FromBFloat16Core(TensorRange x, TensorRange y)
    {
        var work = new FromBFloat16Work { X = BFloat16s(x), Y = Reals(y) };
        CpuParallel.For(threads, ref work, y.Length, 1);
    }

    private static ushort* BFloat16s(TensorRange range) => Unsafe.As<CpuStorage>(range.Storage).BFloat16s + range.Offset;

    private struct ToBFloat16Work : IRangeWork
    {
        public float* X;
        public ushort* Y;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int i = start, width = Vector<ushort>.Count, half = Vector<uint>.Count;
            for (; i <= end - width; i += width)
            {
                Vector<uint> low = Rounded(*(Vector<uint>*)(X + i)), high = Rounded(*(Vector<uint>*)(X + i + half));
                *(Vector<ushort>*)(Y + i) = Vector.Narrow(low, high);
            }
            for (; i < end; i++) Y[i] = Precisions.ToBFloat16(X[i]);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector<uint> Rounded(Vector<uint> bits)
        {
            Vector<uint> rounded = (bits + new Vector<uint>(0x7FFF) + ((bits >>> 16) & Vector<uint>.One)) >>> 16;
            Vector<uint> isNoNumber = Vector.GreaterThan(bits & new Vector<uint>(0x7FFFFFFF), new Vector<uint>(0x7F800000));
            return Vector.ConditionalSelect(isNoNumber, new Vector<uint>(0x7FC0), rounded);
        }
    }

    private struct FromBFloat16Work : IRangeWork
    {
        public ushort* X;
        public float* Y;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int i = start, width = Vector<ushort>.Count, half = Vector<uint>.Count;
            for (; i <= end - width; i += width)
            {
                Vector.Widen(*(Vector<ushort>*)(X + i), out Vector<uint> low, out Vector<uint> high);
                *(Vector<uint>*)(Y + i) = low << 16;
                *(Vector<uint>*)(Y + i + half) = high << 16;
            }
            for (; i < end; i++) Y[i] = Precisions.FromBFloat16(X[i]);
        }
    }
}
