using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>What is added up for each channel: one or two sums of an element and, where it is used, its gradient. Where all operands are zero, so must the terms be.</summary>
internal interface IChannelTerm
{
    /// <summary>Whether there is a second operand.</summary>
    static abstract bool UsesGradient { get; }

    /// <summary>Whether there is a second sum.</summary>
    static abstract bool IsPair { get; }

    /// <summary>Adds the terms of a vector of elements.</summary>
    static abstract void Add(Vector<float> x, Vector<float> center, Vector<float> dz, ref Vector<float> first, ref Vector<float> second);
}

/// <summary>Σ x.</summary>
internal readonly struct ElementTerm : IChannelTerm
{
    public static bool UsesGradient => false;

    public static bool IsPair => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector<float> x, Vector<float> center, Vector<float> dz, ref Vector<float> first, ref Vector<float> second) => first += x;
}

/// <summary>Σ (x − center) and Σ (x − center)².</summary>
internal readonly struct DistanceTerms : IChannelTerm
{
    public static bool UsesGradient => false;

    public static bool IsPair => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector<float> x, Vector<float> center, Vector<float> dz, ref Vector<float> first, ref Vector<float> second)
    {
        Vector<float> distance = x - center;
        first += distance;
        second += distance * distance;
    }
}

/// <summary>Σ dz·(x − center).</summary>
internal readonly struct ScaleTerm : IChannelTerm
{
    public static bool UsesGradient => true;

    public static bool IsPair => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector<float> x, Vector<float> center, Vector<float> dz, ref Vector<float> first, ref Vector<float> second) => first += dz * (x - center);
}

/// <summary>Σ dz and Σ dz·(x − center).</summary>
internal readonly struct GradientTerms : IChannelTerm
{
    public static bool UsesGradient => true;

    public static bool IsPair => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector<float> x, Vector<float> center, Vector<float> dz, ref Vector<float> first, ref Vector<float> second)
    {
        first += dz;
        second += dz * (x - center);
    }
}
