using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>
/// Channels of a narrow group, of the images and of the result alike. With channels as lanes, a result's lane needs each channel of its group once: the images' vector is permuted to bring the i-th channel of each group to all
/// of the group's lanes.
/// </summary>
internal interface IGroupWidth
{
    /// <summary>Channels; whole groups make a vector.</summary>
    static abstract int Channels { get; }
}

/// <summary>Each channel is a group of its own: depthwise.</summary>
internal readonly struct OneChannel : IGroupWidth
{
    public static int Channels => 1;
}

/// <summary>Two.</summary>
internal readonly struct TwoChannels : IGroupWidth
{
    public static int Channels => 2;
}

/// <summary>Four, as many as a 128-bit vector has lanes.</summary>
internal readonly struct FourChannels : IGroupWidth
{
    public static int Channels => 4;
}

/// <summary>Vectors of narrow groups.</summary>
internal static class GroupLanes<TWidth>
    where TWidth : struct, IGroupWidth
{
    /// <summary>For each lane, the lane of the i-th channel of its group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> Index(int i) => (Vector<int>.Indices & new Vector<int>(-TWidth.Channels)) + new Vector<int>(i);

    /// <summary>The i-th channel of its group in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Of(Vector<float> x, Vector<int> index) => TWidth.Channels == 1 ? x : Lanes.Permute(x, index);
}
