namespace ResearchFreeze.Data;

// Sets made of a set. They share its values.
public sealed partial class HostDataSet
{
    /// <summary>The same samples with other labels: to show that nothing looked at the ones replaced, or for noise in them.</summary>
    /// <exception cref="DataFormatException">There are more or fewer than samples, or one is out of range.</exception>
    public HostDataSet WithLabels(int[] labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Length != Count) throw new DataFormatException(Name, $"{Count} labels, one a sample", $"{labels.Length}");
        return new HostDataSet(this, labels, ClassCount, ids, Normalisation, ClassNames);
    }

    /// <summary>The same samples with numbers to predict instead of classes.</summary>
    /// <param name="targets">As many a sample, sample after sample, in the order of the samples' ids.</param>
    /// <param name="count">How many a sample has.</param>
    /// <param name="names">What they are called; null: nothing.</param>
    /// <exception cref="DataFormatException">There are more or fewer, or one is not finite: the message names the sample.</exception>
    public HostDataSet WithTargets(float[] targets, int count = 1, IReadOnlyList<string>? names = null)
    {
        ArgumentNullException.ThrowIfNull(targets);
        if (ids is not null) throw new DataFormatException(Name, "the set that samples were first part of, to give them targets", "a part of it");
        if (count < 1 || targets.Length != (long)Count * count) throw new DataFormatException(Name, $"{(long)Count * count} targets ({count} for each of {Count} samples)", $"{targets.Length}");
        if (names is not null && names.Count != count) throw new DataFormatException(Name, $"{count} names, one a target", $"{names.Count}");
        int bad = Array.FindIndex(targets, value => !float.IsFinite(value));
        if (bad >= 0) throw new DataFormatException(Name, "finite targets", FormattableString.Invariant($"{targets[bad]} at sample {bad / count}, target {bad % count}"));
        return new HostDataSet(this, targets, count, names);
    }

    /// <summary>The same samples, their targets normalised with these constants.</summary>
    /// <exception cref="DataFormatException">There are no targets, or constants for another number of them.</exception>
    public HostDataSet WithTargetNormalisation(Normalisation normalisation)
    {
        ArgumentNullException.ThrowIfNull(normalisation);
        if (TargetCount == 0 || normalisation.Channels != TargetCount) throw new DataFormatException(Name, $"constants for {TargetCount} targets", $"{normalisation.Channels}");
        return new HostDataSet(this, Labels, ClassCount, ids, Normalisation, ClassNames) { TargetNormalisation = normalisation };
    }

    /// <summary>The samples of these classes only, in their order; <c>classes[i]</c> becomes class i. Samples keep their ids.</summary>
    /// <exception cref="DataFormatException">A class is none of the set's, is given twice, or there is no sample of any of them.</exception>
    public HostDataSet WithClasses(params int[] classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        var labelOf = new int[ClassCount];
        Array.Fill(labelOf, -1);
        if (classes.Length == 0) throw new DataFormatException(Name, "at least one class", "none");
        for (int label = 0; label < classes.Length; label++)
        {
            int chosen = classes[label];
            if ((uint)chosen >= (uint)ClassCount) throw new DataFormatException(Name, $"classes in [0, {ClassCount})", $"{chosen}");
            if (labelOf[chosen] >= 0) throw new DataFormatException(Name, "each class once", $"{chosen} twice");
            labelOf[chosen] = label;
        }
        int[] indices = [.. Enumerable.Range(0, Count).Where(index => labelOf[Labels[index]] >= 0)];
        int[] labels = Array.ConvertAll(indices, index => labelOf[Labels[index]]);
        string[]? names = ClassNames is null ? null : Array.ConvertAll(classes, chosen => ClassNames[chosen]);
        return new HostDataSet(this, labels, classes.Length, IdsOf(indices), Normalisation, names);
    }

    /// <summary>The samples with these indices, in this order. They keep their ids.</summary>
    /// <exception cref="DataFormatException">An index is none of the set's, or there is none.</exception>
    public HostDataSet Select(params int[] indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        int bad = Array.FindIndex(indices, index => (uint)index >= (uint)Count);
        if (bad >= 0) throw new DataFormatException(Name, $"indices in [0, {Count})", $"{indices[bad]}");
        return new HostDataSet(this, Array.ConvertAll(indices, index => Labels[index]), ClassCount, IdsOf([.. indices]), Normalisation, ClassNames);
    }

    /// <summary>The same samples, their stored values normalised with these constants in place of those there were.</summary>
    /// <exception cref="DataFormatException">There are constants for another number of channels.</exception>
    public HostDataSet WithNormalisation(Normalisation normalisation)
    {
        ArgumentNullException.ThrowIfNull(normalisation);
        return new HostDataSet(this, Labels, ClassCount, ids, normalisation, ClassNames);
    }

    /// <summary>The same samples with these constants; null, of real values: as they are stored.</summary>
    internal HostDataSet NormalisedWith(Normalisation? normalisation) => new(this, Labels, ClassCount, ids, normalisation, ClassNames);

    /// <summary>The same samples with names for their classes.</summary>
    /// <exception cref="DataFormatException">There are not as many names as classes.</exception>
    public HostDataSet WithClassNames(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Count != ClassCount) throw new DataFormatException(Name, $"{ClassCount} names, one a class", $"{names.Count}");
        return new HostDataSet(this, Labels, ClassCount, ids, Normalisation, names);
    }

    /// <summary>The same samples with names for their values.</summary>
    /// <exception cref="DataFormatException">There are not as many names as a sample has values.</exception>
    public HostDataSet WithInputNames(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        RequireValues("names of inputs");
        if (names.Count != SampleSize) throw new DataFormatException(Name, $"{SampleSize} names, one for each value of a sample", $"{names.Count}");
        return new HostDataSet(this, Labels, ClassCount, ids, Normalisation, ClassNames) { InputNames = [.. names], TargetNormalisation = TargetNormalisation };
    }

    private int[] IdsOf(int[] indices) => ids is null ? indices : Array.ConvertAll(indices, index => ids[index]);
}
