using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>The input gradient of <see cref="LayerNormWork"/>.</summary>
internal unsafe struct LayerNormGradientWork : IRangeWork
{
    public GroupNormShape Shape;
    public float* X;
    public float* State;
    public float* Gamma;
    public float* OutputGradient;
    public float* InputGradient;
    public float Beta;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        int length = Shape.GroupChannels, width = Lanes.Count, all = Shape.Batch * Shape.Groups;
        for (int item = start; item < end; item++)
        {
            nint at = (nint)item * length;
            float* x = X + at, dy = OutputGradient + at, dx = InputGradient + at, gamma = Gamma + (item % Shape.Groups * length);
            Vector<float> middle = new(State[item]), factor = new(State[all + item]);
            (double sum, double product) = Sums(x, dy, gamma, middle, factor, length);
            Vector<float> mean = new(Shape.IsCentered ? (float)(sum / length) : 0), slope = new((float)(product / length));
            int i = 0;
            for (; i <= length - width; i += width)
            {
                Vector<float> normal = (Lanes.Load(x + i) - middle) * factor;
                Lanes.Accumulate(factor * ((Lanes.Load(dy + i) * Lanes.Load(gamma + i)) - mean - (normal * slope)), dx + i, Beta);
            }
            if (i == length) continue;
            int rest = length - i;
            Vector<float> last = (Lanes.Load(x + i, rest) - middle) * factor;
            Lanes.Accumulate(factor * ((Lanes.Load(dy + i, rest) * Lanes.Load(gamma + i, rest)) - mean - (last * slope)), dx + i, rest, Beta);
        }
    }

    /// <summary>Σ dy·γ and Σ dy·γ·x̂ of a run, blocks in float lanes, blocks in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Sum, double Product) Sums(float* x, float* dy, float* gamma, Vector<float> middle, Vector<float> factor, int length)
    {
        const int Block = 1024;
        int width = Lanes.Count;
        double totalSum = 0, totalProduct = 0;
        for (int start = 0; start < length; start += Block)
        {
            int i = start, end = Math.Min(start + Block, length);
            Vector<float> sum = default, product = default;
            for (; i <= end - width; i += width)
            {
                Vector<float> scaled = Lanes.Load(dy + i) * Lanes.Load(gamma + i);
                sum += scaled;
                product += scaled * ((Lanes.Load(x + i) - middle) * factor);
            }
            if (i < end)
            {
                // dy's missing lanes are zero, so nothing of them is added.
                Vector<float> scaled = Lanes.Load(dy + i, end - i) * Lanes.Load(gamma + i, end - i);
                sum += scaled;
                product += scaled * ((Lanes.Load(x + i, end - i) - middle) * factor);
            }
            Vector.Widen(sum, out Vector<double> a, out Vector<double> b);
            Vector.Widen(product, out Vector<double> c, out Vector<double> d);
            totalSum += Vector.Sum(a + b);
            totalProduct += Vector.Sum(c + d);
        }
        return (totalSum, totalProduct);
    }
}
