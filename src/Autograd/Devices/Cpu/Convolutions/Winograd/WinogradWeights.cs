using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// A 3×3 kernel's weights at Winograd's 36 points, each point a packed operand of a product: <c>to[point·stride + (panel·rows + row)·width + column]</c>. Forward, a row is an input channel and a column an output; of an
/// input gradient the other way round, with the kernel turned by half a turn.
/// </summary>
internal unsafe struct WinogradWeights
{
    /// <summary>Weights (outputs, 3, 3, channels).</summary>
    public float* W;

    public int Channels;
    public int Outputs;
    public bool IsGradient;

    /// <summary>Columns of a panel.</summary>
    public int Width;

    public readonly int Rows => IsGradient ? Outputs : Channels;

    public readonly int Columns => IsGradient ? Channels : Outputs;

    public readonly int Panels => (Columns + Width - 1) / Width;

    /// <summary>Elements of one point.</summary>
    public readonly nint Stride => (nint)Panels * Rows * Width;

    /// <summary>Transforms one panel.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Transform(int panel, float* to)
    {
        const int Points = WinogradTransform.Points;
        Vector<float>* points = stackalloc Vector<float>[Points];
        int first = panel * Width, count = Math.Min(Width, Columns - first);
        nint stride = Stride;
        to += (nint)panel * Rows * Width;
        if (IsGradient)
        {
            for (int row = 0; row < Rows; row++, to += Width)
            {
                for (int column = 0; column < Width; column += Lanes.Count)
                {
                    // Zeros behind the last column.
                    Transform(row, first + column, Math.Clamp(count - column, 0, Lanes.Count), points);
                    for (int point = 0; point < Points; point++) points[point].Store(to + (point * stride) + column);
                }
            }
            return;
        }
        for (int point = 0; count < Width && point < Points; point++) new Span<float>(to + (point * stride), Rows * Width).Clear();
        for (int column = 0; column < count; column++)
        {
            for (int row = 0; row < Rows; row += Lanes.Count)
            {
                int lanes = Math.Min(Lanes.Count, Rows - row);
                Transform(first + column, row, lanes, points);
                for (int point = 0; point < Points; point++)
                {
                    float* at = to + (point * stride) + ((nint)row * Width) + column, values = (float*)(points + point);
                    for (int lane = 0; lane < lanes; lane++, at += Width) *at = values[lane];
                }
            }
        }
    }

    /// <summary>The kernels of one output and some channels.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Transform(int output, int channel, int lanes, Vector<float>* to)
    {
        const int Side = WinogradTransform.Side, Taps = WinogradTransform.Taps;
        Vector<float>* columns = stackalloc Vector<float>[Side * Taps];
        nint step = IsGradient ? -Channels : Channels, row = Taps * step;
        float* kernel = W + ((nint)output * Taps * Taps * Channels) + channel + (IsGradient ? (nint)((Taps * Taps) - 1) * Channels : 0);
        for (int i = 0; i < Taps; i++, kernel += step)
            WinogradTransform.Kernel(Lanes.Load(kernel, lanes), Lanes.Load(kernel + row, lanes), Lanes.Load(kernel + (2 * row), lanes), columns + i, Taps);
        for (int i = 0; i < Side; i++, columns += Taps, to += Side) WinogradTransform.Kernel(columns[0], columns[1], columns[2], to, 1);
    }
}
