using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

/// <summary>
/// The order in which an epoch visits its samples: a permutation keyed by (seed, epoch). It does not depend on earlier epochs, so a run can
/// be resumed or forked at any of them without replaying the ones before.
/// </summary>
public static class SampleOrder
{
    /// <summary>The ids 0 … count−1 in the order of this epoch.</summary>
    public static int[] For(int count, ulong seed, int epoch)
    {
        if (count <= 0) throw new ArgumentOutOfRangeException(nameof(count), $"An order needs a positive number of samples, found {count}.");
        var order = new int[count];
        Fill(order, seed, epoch);
        return order;
    }

    /// <summary>Writes the ids 0 … length−1 in the order of this epoch.</summary>
    public static void Fill(Span<int> order, ulong seed, int epoch)
    {
        if (epoch < 0) throw new ArgumentOutOfRangeException(nameof(epoch), $"An epoch is 0 or more, found {epoch}.");
        Permute(order, new RandomStream(seed, FormattableString.Invariant($"data/order/{epoch}")));
    }

    /// <summary>Writes the ids 0 … length−1 in a random order (Fisher and Yates).</summary>
    public static void Permute(Span<int> order, RandomStream random)
    {
        ArgumentNullException.ThrowIfNull(random);
        for (int i = 0; i < order.Length; i++) order[i] = i;
        for (int i = order.Length - 1; i > 0; i--)
        {
            int other = random.NextInt32(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }
    }
}
