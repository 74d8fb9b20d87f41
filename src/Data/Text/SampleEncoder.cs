namespace ResearchFreeze.Data;

/// <summary>Makes samples of texts: their tokens with what stands around them, cut to a length. Counts what was cut, and what the vocabulary does not have.</summary>
internal sealed class SampleEncoder
{
    private readonly ITokenizer tokenizer;
    private readonly int length;

    /// <exception cref="ArgumentOutOfRangeException">The length leaves no token for the texts.</exception>
    public SampleEncoder(string name, ITokenizer tokenizer, int length, bool hasTwo)
    {
        (this.tokenizer, this.length) = (tokenizer, length);
        int frame = hasTwo ? tokenizer.Frame.OfTwo : tokenizer.Frame.OfOne, least = frame + (hasTwo ? 2 : 1);
        if (length < least) throw new ArgumentOutOfRangeException(nameof(length), $"{name}: samples of at least {least} tokens ({frame} stand around the texts), found a length of {length}.");
    }

    /// <summary>Samples that were longer, of all.</summary>
    public int Cut { get; private set; }

    /// <summary>Tokens of texts, before any were cut off.</summary>
    public long Tokens { get; private set; }

    /// <summary>Tokens among them that stand for what the vocabulary does not have.</summary>
    public long Unknown { get; private set; }

    /// <summary>The samples as token ids.</summary>
    /// <exception cref="DataFormatException">A sample has no token at all.</exception>
    public TokenSamples Encode(string name, IReadOnlyList<TextSample> samples)
    {
        SampleFrame frame = tokenizer.Frame;
        bool hasTwo = samples.Count > 0 && samples[0].Second is not null;
        List<int> ids = [];
        var starts = new int[samples.Count + 1];
        int[]? firstLengths = hasTwo && frame.HasSegments ? new int[samples.Count] : null;
        for (int sample = 0; sample < samples.Count; sample++)
        {
            int[] first = Ids(samples[sample].Text), second = samples[sample].Second is { } text ? Ids(text) : [];
            (int ofFirst, int ofSecond) = Fitting(first.Length, second.Length, length - (hasTwo ? frame.OfTwo : frame.OfOne));
            if (ofFirst + ofSecond < first.Length + second.Length) Cut++;
            ids.AddRange(frame.Before);
            ids.AddRange(first.AsSpan(0, ofFirst));
            if (hasTwo) ids.AddRange(frame.Between);
            if (firstLengths is not null) firstLengths[sample] = ids.Count - starts[sample];
            ids.AddRange(second.AsSpan(0, ofSecond));
            ids.AddRange(frame.After);
            starts[sample + 1] = ids.Count;
            if (starts[sample + 1] == starts[sample]) throw new DataFormatException(name, "texts of at least one token", $"none in sample {sample}");
        }
        return new TokenSamples([.. ids], starts, tokenizer.VocabularySize) { PadId = tokenizer.PadId, FirstLengths = firstLengths, HasTwo = hasTwo, MaxLength = length, Tokenizer = tokenizer };
    }

    /// <summary>What somebody should know who trains on them.</summary>
    public IEnumerable<string> Remarks(int samples)
    {
        yield return $"tokens: {tokenizer.Description}";
        if (Cut > 0) yield return FormattableString.Invariant($"{Cut} of {samples} samples are longer than {length} tokens and were cut (length=… takes more)");
        if (Unknown > 0) yield return FormattableString.Invariant($"{Unknown} of {Tokens} tokens are unknown to the vocabulary");
    }

    private int[] Ids(string text)
    {
        int[] ids = tokenizer.Encode(text);
        Tokens += ids.Length;
        if (tokenizer.UnknownId is { } unknown) Unknown += ids.Count(id => id == unknown);
        return ids;
    }

    /// <summary>How much of two texts fits: the longer one is cut first, as Hugging Face's <c>longest_first</c> does.</summary>
    private static (int First, int Second) Fitting(int first, int second, int room)
    {
        if (first + second <= room) return (first, second);
        if (second == 0) return (room, 0);
        int half = room / 2, least = Math.Min(first, second);
        if (least <= half) return first > second ? (room - second, second) : (first, room - first);
        // An odd token goes to the text that was longer, or the first of equal ones.
        return first >= second ? (room - half, half) : (half, room - half);
    }
}
