using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Winograd's convolution of six elements with three, and with four (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2016): F(4, 3) makes four outputs of a forward pass or an input gradient, F(3, 4)
/// the three of a weight gradient from four output gradients. Both multiply at six points where the definition has twelve products, and share the transform of the six elements.
/// The points are 0, ±3/4, ±3/2 and ∞: with the usual ±1 and ±2 errors are twice as large, and these have exact squares too. In two
/// dimensions a transform runs over the columns, then over the rows.
/// Every function reads vectors <c>step</c> apart and writes them so: a lane is a channel.
/// </summary>
internal static unsafe class WinogradTransform
{
    /// <summary>Outputs of a tile each way.</summary>
    public const int Outputs = 4;

    /// <summary>Inputs of a tile each way, and points.</summary>
    public const int Side = 6;

    /// <summary>Products of a tile.</summary>
    public const int Points = Side * Side;

    /// <summary>Taps of the kernel each way.</summary>
    public const int Taps = 3;

    // The points 0, ±Near, ±Far and ∞; the nodes' polynomial is p(p² − Near²)(p² − Far²) = p⁵ − Middle·p³ + Last·p, and its derivative at a point divides the kernel's transform there.
    private const float Near = 0.75f;
    private const float Far = 1.5f;
    private const float Near2 = Near * Near;
    private const float Far2 = Far * Far;
    private const float Middle = Near2 + Far2;
    private const float Last = Near2 * Far2;
    private const float ByNear = 1 / ((((5 * Near2) - (3 * Middle)) * Near2) + Last);
    private const float ByFar = 1 / ((((5 * Far2) - (3 * Middle)) * Far2) + Last);

    /// <summary>Six elements at the six points: Bᵀd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Input(Vector<float> d0, Vector<float> d1, Vector<float> d2, Vector<float> d3, Vector<float> d4, Vector<float> d5, Vector<float>* to, nint step)
    {
        to[0] = Add(Add(d4, -Middle, d2), Last, d0);
        Vector<float> even = Add(d4, -Far2, d2), odd = Add(d3, -Far2, d1);
        to[step] = Add(even, Near, odd);
        to[2 * step] = Add(even, -Near, odd);
        even = Add(d4, -Near2, d2);
        odd = Add(d3, -Near2, d1);
        to[3 * step] = Add(even, Far, odd);
        to[4 * step] = Add(even, -Far, odd);
        to[5 * step] = Add(Add(d5, -Middle, d3), Last, d1);
    }

    /// <summary>Three taps at the six points: Gg.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Kernel(Vector<float> g0, Vector<float> g1, Vector<float> g2, Vector<float>* to, nint step)
    {
        to[0] = g0 * (1 / Last);
        Vector<float> even = Add(g0, Near2, g2) * ByNear, odd = g1 * (Near * ByNear);
        to[step] = even + odd;
        to[2 * step] = even - odd;
        even = Add(g0, Far2, g2) * ByFar;
        odd = g1 * (Far * ByFar);
        to[3 * step] = even + odd;
        to[4 * step] = even - odd;
        to[5 * step] = g2;
    }

    /// <summary>Four output gradients at the six points: Gg of F(3, 4).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Gradient(Vector<float> g0, Vector<float> g1, Vector<float> g2, Vector<float> g3, Vector<float>* to, nint step)
    {
        to[0] = g0 * (1 / Last);
        Vector<float> even = Add(g0, Near2, g2) * ByNear, odd = Add(g1, Near2, g3) * (Near * ByNear);
        to[step] = even + odd;
        to[2 * step] = even - odd;
        even = Add(g0, Far2, g2) * ByFar;
        odd = Add(g1, Far2, g3) * (Far * ByFar);
        to[3 * step] = even + odd;
        to[4 * step] = even - odd;
        to[5 * step] = g3;
    }

    /// <summary>Six products to four outputs: Aᵀm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Output(Vector<float> m0, Vector<float> m1, Vector<float> m2, Vector<float> m3, Vector<float> m4, Vector<float> m5, Vector<float>* to, nint step)
    {
        Vector<float> near = m1 + m2, nearOdd = m1 - m2, far = m3 + m4, farOdd = m3 - m4;
        to[0] = m0 + near + far;
        to[step] = Add(nearOdd * Near, Far, farOdd);
        to[2 * step] = Add(near * Near2, Far2, far);
        to[3 * step] = Add(Add(m5, Near * Near2, nearOdd), Far * Far2, farOdd);
    }

    /// <summary>Six products to the three taps of a weight gradient: Aᵀm of F(3, 4).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TapGradient(Vector<float> m0, Vector<float> m1, Vector<float> m2, Vector<float> m3, Vector<float> m4, Vector<float> m5, Vector<float>* to, nint step)
    {
        Vector<float> near = m1 + m2, far = m3 + m4;
        to[0] = m0 + near + far;
        to[step] = Add((m1 - m2) * Near, Far, m3 - m4);
        to[2 * step] = Add(Add(m5, Near2, near), Far2, far);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Add(Vector<float> sum, float factor, Vector<float> value) => Vector.MultiplyAddEstimate(new Vector<float>(factor), value, sum);
}
