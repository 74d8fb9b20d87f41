using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Rows of a GRU's step, lane by lane.</summary>
internal unsafe struct GruWork : IRangeWork
{
    public CellShape Shape;
    public float* Part;
    public float* Product;
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
            float* part = Part + (3 * at), product = Product + (3 * at), hidden = Hidden + at, y = Y + at;
            if (Lengths != null && Shape.Step >= Lengths[row])
            {
                new Span<float>(hidden, width).CopyTo(new Span<float>(y, width));
                continue;
            }
            for (int i = 0; i < width; i += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, width - i), last = (2 * width) + i;
                Vector<float> next = GruOp<float, CpuMath>.Next(
                    LstmWork.Sum(part, product, i, count), LstmWork.Sum(part, product, width + i, count), Lanes.Load(part + last, count), Lanes.Load(product + last, count), Lanes.Load(hidden + i, count));
                Lanes.Store(next, y + i, count);
            }
        }
    }
}
