using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>The largest of some elements, and where it is: a NaN is larger than any number, and nothing is larger than a NaN; the first of equals counts.</summary>
internal static unsafe class Extremes
{
    /// <summary>Takes, lane by lane, what is larger than the best so far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Choose(Vector<float> value, int at, ref Vector<float> best, ref Vector<int> place)
    {
        Vector<int> larger = Vector.AndNot(Vector.Equals(best, best), Vector.LessThanOrEqual(value, best));
        best = Vector.ConditionalSelect(larger, value, best);
        place = Vector.ConditionalSelect(larger, new Vector<int>(at), place);
    }

    /// <summary>Whether a candidate that comes later replaces the best so far.</summary>
    public static bool IsLarger(float candidate, float best) => candidate > best || (float.IsNaN(candidate) && !float.IsNaN(best));

    /// <summary>Where the largest element of a run is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Find(float* x, int start, int length)
    {
        int width = Lanes.Count, end = start + length, at = start + 1, found = start;
        if (length >= 2 * width)
        {
            Vector<float> best = Lanes.Load(x + start);
            Vector<int> place = new(start);
            for (at = start + width; at <= end - width; at += width) Choose(Lanes.Load(x + at), at, ref best, ref place);
            found = place[0];
            for (int lane = 1; lane < width; lane++)
            {
                // Lanes are not in the order of their places.
                int other = place[lane] + lane;
                if (IsLarger(x[other], x[found]) || (other < found && !IsLarger(x[found], x[other]))) found = other;
            }
        }
        for (; at < end; at++)
        {
            if (IsLarger(x[at], x[found])) found = at;
        }
        return found;
    }
}
