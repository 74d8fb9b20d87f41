using ResearchFreeze.Autograd;

namespace ResearchFreeze.Data;

// How one set becomes three.
public sealed partial class DataSplits
{
    /// <summary>
    /// Splits a set at random: the last samples of a permutation keyed by the seed are for test, those before them for validation. Each part has at least one sample, and they keep their order and their ids. Training
    /// data should not depend on a run's seed, or one run's training samples are another's test samples: hence 0.
    /// </summary>
    /// <param name="all">The samples.</param>
    /// <param name="validation">The fraction for validation, in (0, 1), rounded down to samples.</param>
    /// <param name="test">The fraction for test, in (0, 1); together they are less than 1.</param>
    /// <param name="seed">Keys the permutation.</param>
    /// <param name="stratify">Does so for each class by itself: each part has at least one sample of each class, and the fractions are those of the class, rounded down.</param>
    /// <exception cref="ArgumentException">A fraction is out of range.</exception>
    /// <exception cref="DataFormatException">There are too few samples for three parts, of all or, stratified, of a class.</exception>
    public static DataSplits Split(HostDataSet all, double validation = 0.1, double test = 0.2, ulong seed = 0, bool stratify = false)
    {
        ArgumentNullException.ThrowIfNull(all);
        CheckFractions(all.Name, validation, test);
        return Divide(all, null, validation, test, seed, stratify);
    }

    /// <summary>The same with test samples of their own: only validation samples are split off.</summary>
    /// <param name="training">The samples for training and validation.</param>
    /// <param name="test">The samples for test; their ids are their places there.</param>
    /// <param name="validation">The fraction for validation, in (0, 1), rounded down to samples.</param>
    /// <param name="seed">Keys the permutation.</param>
    /// <param name="stratify">Takes the fraction of each class by itself.</param>
    /// <exception cref="ArgumentException">The fraction is out of range.</exception>
    /// <exception cref="DataFormatException">There are too few samples for two parts, or the two sets do not fit together.</exception>
    public static DataSplits Split(HostDataSet training, HostDataSet test, double validation = 0.1, ulong seed = 0, bool stratify = false)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(test);
        CheckFractions(training.Name, validation, null);
        return Divide(training, test, validation, 0, seed, stratify);
    }

    /// <summary>Finds fractions out of range, of which none is for test where it has samples of its own.</summary>
    internal static void CheckFractions(string name, double validation, double? test)
    {
        if (test is { } part && !(validation > 0 && part > 0 && validation + part < 1))
            throw new ArgumentException(FormattableString.Invariant($"{name}: the fractions for validation and test must be positive and together less than 1, found {validation} and {part}."));
        if (validation is not (> 0 and < 1)) throw new ArgumentException(FormattableString.Invariant($"{name}: the fraction for validation must be in (0, 1), found {validation}."));
    }

    private static DataSplits Divide(HostDataSet all, HostDataSet? ownTest, double validation, double test, ulong seed, bool stratify)
    {
        var order = new int[all.Count];
        SampleOrder.Permute(order, new RandomStream(seed, "data/split"));
        List<int> training = [], validating = [], testing = [];
        foreach (int[] group in stratify ? order.GroupBy(index => all.Labels[index], (_, indices) => indices.ToArray()) : [order])
        {
            int forTest = ownTest is null ? Math.Max(1, (int)(group.Length * test)) : 0, forValidation = Math.Max(1, (int)(group.Length * validation)), left = group.Length - forTest - forValidation;
            if (left < 1)
            {
                string parts = ownTest is null ? "three samples{0}, for training, validation and test" : "two samples{0}, for training and validation";
                int label = all.Labels[group[0]];
                throw new DataFormatException(
                    all.Name, $"at least {string.Format(null, parts, stratify ? " of each class" : "")}", $"{group.Length}{(stratify ? $" of class '{all.ClassNames?[label] ?? $"{label}"}'" : "")}");
            }
            training.AddRange(group[..left]);
            validating.AddRange(group[left..(left + forValidation)]);
            testing.AddRange(group[(left + forValidation)..]);
        }
        return new DataSplits(all.Name, Part(training), Part(validating), ownTest ?? Part(testing));

        HostDataSet Part(List<int> part) => all.Select([.. part.Order()]);
    }
}
