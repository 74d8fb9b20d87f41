using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Rows of windows of a maximum pooling's input gradient, where windows of 2×2 lie side by side: each gradient and each place is read once for its four pixels, where <see cref="PoolGradientWork{TIndices}"/> would ask for
/// every pixel which windows it is in. Pixels that no window covers, the last of an odd row or column, become zero.
/// </summary>
internal unsafe struct PoolScatterWork : IRangeWork
{
    public Pool2dShape Shape;
    public int* Indices;
    public float* OutputGradient;
    public float* InputGradient;

    /// <summary>Whether a pooling is of this kind, and its pixels whole vectors: stores of some lanes are slow, and whole ones would reach into the next pixel.</summary>
    public static bool Does(in Pool2dShape shape, float beta) =>
        beta == 0 && shape is { Kernel: { Height: 2, Width: 2 }, Stride: { Height: 2, Width: 2 }, Padding: { Height: 0, Width: 0 } } && shape.Channels % Lanes.Count == 0
        && 2 * shape.OutputHeight <= shape.Height && 2 * shape.OutputWidth <= shape.Width;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        Pool2dShape s = Shape;
        int channels = s.Channels, row = s.Width * channels, covered = 2 * s.OutputWidth * channels, fromRow = s.OutputWidth * channels;
        for (int item = start; item < end; item++)
        {
            (int n, int oy) = Math.DivRem(item, s.OutputHeight);
            int first = ((n * s.Height) + (2 * oy)) * row, from = item * fromRow;
            for (int to = first; to < first + covered; to += 2 * channels, from += channels) Window(OutputGradient + from, Indices + from, InputGradient, to, channels, row);
            for (int y = 0; covered < row && y < 2; y++) new Span<float>(InputGradient + first + (y * row) + covered, row - covered).Clear();
            if (oy == s.OutputHeight - 1) new Span<float>(InputGradient + first + (2 * row), (s.Height - (2 * s.OutputHeight)) * row).Clear();
        }
    }

    // A small loop of its own keeps what it needs in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Window(float* dy, int* places, float* image, int at, int channels, int row)
    {
        Vector<int> right = new(channels), below = new(row), diagonal = new(row + channels), own = Vector<int>.Indices + new Vector<int>(at);
        float* to = image + at;
        for (int i = 0; i < channels; i += Lanes.Count, to += Lanes.Count, own += new Vector<int>(Lanes.Count))
        {
            Vector<float> value = Lanes.Load(dy + i);
            Vector<int> place = Vector.Load(places + i) - own;
            Vector.ConditionalSelect(Vector.Equals(place, Vector<int>.Zero), value, Vector<float>.Zero).Store(to);
            Vector.ConditionalSelect(Vector.Equals(place, right), value, Vector<float>.Zero).Store(to + channels);
            Vector.ConditionalSelect(Vector.Equals(place, below), value, Vector<float>.Zero).Store(to + row);
            Vector.ConditionalSelect(Vector.Equals(place, diagonal), value, Vector<float>.Zero).Store(to + row + channels);
        }
    }
}
