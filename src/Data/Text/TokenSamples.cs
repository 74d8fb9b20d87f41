namespace ResearchFreeze.Data;

/// <summary>Samples of token ids, as many each as it has: what <see cref="HostDataSet.FromTokens(TokenSamples, int[], int, string)"/> takes. The arrays are kept, not copied: do not change them.</summary>
/// <param name="Ids">The ids of all samples, one sample behind the other.</param>
/// <param name="Starts">Where each sample begins among them, and behind the last one their number: an entry more than there are samples.</param>
/// <param name="VocabularySize">Ids are in [0, this).</param>
public sealed record TokenSamples(int[] Ids, int[] Starts, int VocabularySize)
{
    /// <summary>What fills a batch behind samples that are shorter than its longest.</summary>
    public int PadId { get; init; }

    /// <summary>How many tokens of each sample are its first text's, where it has two; null: there is one text.</summary>
    public int[]? FirstLengths { get; init; }

    /// <summary>Whether each sample is two texts, also where nothing says where the second begins.</summary>
    public bool HasTwo { get; init; }

    /// <summary>A class for each of <see cref="Ids"/>, as the next token's id; −1: none is asked for. Null: labels are of samples.</summary>
    public int[]? TokenLabels { get; init; }

    /// <summary>How many classes <see cref="TokenLabels"/> have; 0: as many as there are ids in the vocabulary.</summary>
    public int TokenClasses { get; init; }

    /// <summary>The most tokens that a sample may have, as the sets of one model agree on; 0: as many as the longest has.</summary>
    public int MaxLength { get; init; }

    /// <summary>What made them; null: it is not known.</summary>
    public ITokenizer? Tokenizer { get; init; }

    /// <summary>The number of samples.</summary>
    public int Count => Starts.Length - 1;

    /// <summary>How many tokens a sample has.</summary>
    public int LengthOf(int sample) => Starts[sample + 1] - Starts[sample];

    /// <summary>Finds what is wrong with them, and gives the most tokens of a sample.</summary>
    /// <exception cref="DataFormatException">The message names the sample.</exception>
    internal int Check(string name)
    {
        ArgumentNullException.ThrowIfNull(Ids);
        ArgumentNullException.ThrowIfNull(Starts);
        if (VocabularySize < 1) throw new DataFormatException(name, "a vocabulary of at least one token", $"{VocabularySize}");
        if ((uint)PadId >= (uint)VocabularySize) throw new DataFormatException(name, $"a padding id in [0, {VocabularySize})", $"{PadId}");
        if (Starts.Length < 2) throw new DataFormatException(name, "at least one sample", "none");
        if (Starts[0] != 0 || Starts[^1] != Ids.Length) throw new DataFormatException(name, $"samples that begin at 0 and end at {Ids.Length}, the number of ids", $"{Starts[0]} and {Starts[^1]}");
        if (FirstLengths is not null && FirstLengths.Length != Count) throw new DataFormatException(name, $"{Count} lengths of first texts, one a sample", $"{FirstLengths.Length}");
        if (TokenLabels is not null && TokenLabels.Length != Ids.Length) throw new DataFormatException(name, $"{Ids.Length} labels, one a token", $"{TokenLabels.Length}");
        int longest = 0;
        for (int sample = 0; sample < Count; sample++)
        {
            int length = LengthOf(sample);
            if (length < 1) throw new DataFormatException(name, "samples of at least one token", $"{length} at sample {sample}");
            if (MaxLength > 0 && length > MaxLength) throw new DataFormatException(name, $"samples of at most {MaxLength} tokens", $"{length} at sample {sample}");
            if (FirstLengths is not null && (uint)FirstLengths[sample] > (uint)length) throw new DataFormatException(name, $"a first text of at most {length} tokens, as sample {sample} has", $"{FirstLengths[sample]}");
            longest = Math.Max(longest, length);
        }
        Require(name, "ids", Ids, 0, VocabularySize);
        int classes = TokenClasses > 0 ? TokenClasses : VocabularySize;
        if (TokenLabels is not null) Require(name, "labels of tokens", TokenLabels, -1, classes);
        return MaxLength > 0 ? MaxLength : longest;
    }

    private void Require(string name, string what, int[] values, int least, int bound)
    {
        int bad = values.AsSpan().IndexOfAnyExceptInRange(least, bound - 1);
        if (bad < 0) return;
        int sample = Array.FindLastIndex(Starts, start => start <= bad);
        throw new DataFormatException(name, $"{what} in [{least}, {bound})", $"{values[bad]} at sample {sample}, token {bad - Starts[sample]}");
    }
}
