using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Rows of an LSTM's step, lane by lane.</summary>
internal unsafe struct LstmWork : IRangeWork
{
    public CellShape Shape;
    public float* Part;
    public float* Product;
    public float* Cell;
    public float* Hidden;
    public int* Lengths;
    public float* Y;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        int width = Shape.Width;
        for (int row = start; row < end; row++)
        {
            nint at = (nint)row * width;
            float* part = Part + (4 * at), product = Product + (4 * at), cell = Cell + at, hidden = Y + at, next = Y + Shape.Count + at;
            if (Lengths != null && Shape.Step >= Lengths[row])
            {
                new Span<float>(Hidden + at, width).CopyTo(new Span<float>(hidden, width));
                new Span<float>(cell, width).CopyTo(new Span<float>(next, width));
                continue;
            }
            for (int i = 0; i < width; i += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, width - i);
                (Vector<float> h, Vector<float> c) = LstmOp<float, CpuMath>.Next(
                    Sum(part, product, i, count), Sum(part, product, width + i, count), Sum(part, product, (2 * width) + i, count), Sum(part, product, (3 * width) + i, count), Lanes.Load(cell + i, count));
                Lanes.Store(h, hidden + i, count);
                Lanes.Store(c, next + i, count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Sum(float* a, float* b, int at, int count) => Lanes.Load(a + at, count) + Lanes.Load(b + at, count);
}
