using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Runs of elements, each normalised by its own moments.</summary>
internal unsafe struct LayerNormWork : IRangeWork
{
    public GroupNormShape Shape;
    public float* X;
    public float* Gamma;
    public float* Bias;
    public float* Y;
    public float* State;

    public readonly void Run(int start, int end)
    {
        int length = Shape.GroupChannels, all = Shape.Batch * Shape.Groups;
        for (int item = start; item < end; item++)
        {
            int first = item % Shape.Groups * length;
            float* x = X + ((nint)item * length);
            double mean = Shape.IsCentered ? CpuSums.Of<PlainTerm>(x, x, length) / length : 0;
            float center = (float)mean;
            double off = mean - center;                             // about the exact mean rather than its float
            float reciprocal = (float)(1 / Math.Sqrt(Math.Max(0, (SquaredDistance(x, center, length) / length) - (off * off)) + Shape.Epsilon));
            if (State != null)
            {
                State[item] = center;
                State[all + item] = reciprocal;
            }
            Normalize(x, center, reciprocal, Gamma + first, Bias == null ? null : Bias + first, Y + ((nint)item * length), length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Normalize(float* x, float center, float reciprocal, float* gamma, float* bias, float* y, int length)
    {
        int i = 0, width = Lanes.Count;
        Vector<float> middle = new(center), factor = new(reciprocal);
        if (bias == null)
        {
            for (; i <= length - width; i += width) ((Lanes.Load(x + i) - middle) * factor * Lanes.Load(gamma + i)).Store(y + i);
        }
        else
        {
            for (; i <= length - width; i += width) (((Lanes.Load(x + i) - middle) * factor * Lanes.Load(gamma + i)) + Lanes.Load(bias + i)).Store(y + i);
        }
        if (i == length) return;
        int rest = length - i;
        Vector<float> last = (Lanes.Load(x + i, rest) - middle) * factor * Lanes.Load(gamma + i, rest);
        Lanes.Store(bias == null ? last : last + Lanes.Load(bias + i, rest), y + i, rest);
    }

    /// <summary>Σ (x − center)² of a run, blocks in float lanes, blocks in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SquaredDistance(float* x, float center, int length)
    {
        const int Block = 1024;
        int width = Lanes.Count;
        var middle = new Vector<float>(center);
        double total = 0;
        for (int start = 0; start < length; start += Block)
        {
            int i = start, end = Math.Min(start + Block, length);
            Vector<float> even = default, odd = default;
            for (; i <= end - (2 * width); i += 2 * width)
            {
                Vector<float> a = Lanes.Load(x + i) - middle, b = Lanes.Load(x + i + width) - middle;
                even += a * a;
                odd += b * b;
            }
            for (; i < end; i += width)
            {
                // Missing lanes are zero, which is no distance of zero: they are cleared after it.
                Vector<float> distance = Vector.ConditionalSelect(Lanes.From(end - i).As<int, float>(), Vector<float>.Zero, Lanes.Load(x + i, end - i) - middle);
                even += distance * distance;
            }
            Vector.Widen(even + odd, out Vector<double> low, out Vector<double> high);
            total += Vector.Sum(low + high);
        }
        return total;
    }
}
