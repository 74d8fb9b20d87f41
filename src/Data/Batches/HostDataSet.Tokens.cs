using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ResearchFreeze.Data;

// Samples of token ids. The ids are shared by what is made of a set, as the values of the other kinds are.
public sealed partial class HostDataSet
{
    private readonly TokenSamples? tokens;

    private HostDataSet(string name, TokenSamples tokens, int[] labels, int classes)
    {
        if (classes <= 0) throw new ArgumentOutOfRangeException(nameof(classes), $"{name}: the number of classes must be positive, found {classes}.");
        int longest = tokens.Check(name);
        if (labels.Length != tokens.Count) throw new DataFormatException(name, $"{tokens.Count} labels, one a sample", $"{labels.Length}");
        (Name, SampleShape, SampleSize, Labels, ClassCount, this.tokens) = (name, [longest], longest, labels, classes, tokens);
        CheckLabels();
    }

    /// <summary>Whether samples are token ids, of which each has its own number, and not values of one shape.</summary>
    public bool IsTokens => tokens is not null;

    /// <summary>How many ids there are; 0: samples are no tokens.</summary>
    public int VocabularySize => tokens?.VocabularySize ?? 0;

    /// <summary>What made the tokens; null: it is not known, or samples are no tokens.</summary>
    public ITokenizer? Tokenizer => tokens?.Tokenizer;

    /// <summary>What fills a batch behind samples that are shorter than its longest.</summary>
    public int PadId => tokens?.PadId ?? 0;

    /// <summary>Whether each sample is two texts.</summary>
    public bool HasTwoTexts => tokens is { HasTwo: true } or { FirstLengths: not null };

    /// <summary>Whether samples have two texts that a model tells apart by their segments; a tokenizer such as RoBERTa's has none.</summary>
    public bool HasSegments => tokens?.FirstLengths is not null;

    /// <summary>How many classes a token's label has; 0: labels are of samples.</summary>
    public int TokenClassCount => tokens?.TokenLabels is null ? 0 : tokens.TokenClasses > 0 ? tokens.TokenClasses : tokens.VocabularySize;

    /// <summary>Samples of token ids with a class each.</summary>
    /// <param name="samples">The ids.</param>
    /// <param name="labels">The class of each sample.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="name">What errors call it.</param>
    /// <exception cref="DataFormatException">Lengths disagree, or an id or a label is out of range: the message names the sample.</exception>
    public static HostDataSet FromTokens(TokenSamples samples, int[] labels, int classes, string name = "tokens")
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(labels);
        return new HostDataSet(name, samples, labels, classes);
    }

    /// <summary>Samples of token ids with a label for each token.</summary>
    /// <exception cref="DataFormatException">They have none; lengths disagree, or an id or a label is out of range: the message names the sample.</exception>
    public static HostDataSet FromTokens(TokenSamples samples, string name = "tokens")
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.TokenLabels is null) throw new DataFormatException(name, "a class for each sample, or a label for each token", "neither");
        return new HostDataSet(name, samples, new int[Math.Max(0, samples.Count)], 1);
    }

    /// <summary>How many tokens a sample has; of values, how many of these.</summary>
    public int LengthOf(int index)
    {
        CheckIndex(index);
        return tokens?.LengthOf(IdOf(index)) ?? SampleSize;
    }

    /// <summary>A sample's token ids.</summary>
    /// <exception cref="InvalidOperationException">Samples are values.</exception>
    public ReadOnlySpan<int> TokensOf(int index) => Range(index, Kept().Ids);

    /// <summary>Writes a sample's token ids, and padding behind them.</summary>
    /// <param name="index">The sample.</param>
    /// <param name="destination">At least as long as the sample.</param>
    /// <exception cref="InvalidOperationException">Samples are values.</exception>
    public void CopyTokens(int index, Span<int> destination)
    {
        ReadOnlySpan<int> ids = TokensOf(index);
        ids.CopyTo(destination);
        destination[ids.Length..].Fill(PadId);
    }

    /// <summary>Writes which of its two texts each of a sample's tokens is of, 0 or 1, and 0 behind them.</summary>
    /// <exception cref="InvalidOperationException">Samples are values, or have one text.</exception>
    public void CopySegments(int index, Span<int> destination)
    {
        int[] first = Kept().FirstLengths ?? throw new InvalidOperationException($"{Name}: samples have one text, and so no segments.");
        int length = LengthOf(index), own = first[IdOf(index)];
        destination.Clear();
        destination[own..length].Fill(1);
    }

    /// <summary>Writes the label of each of a sample's tokens, and −1 behind them.</summary>
    /// <exception cref="InvalidOperationException">Samples are values, or have a label each.</exception>
    public void CopyTokenLabels(int index, Span<int> destination)
    {
        ReadOnlySpan<int> labels = Range(index, Kept().TokenLabels ?? throw new InvalidOperationException($"{Name}: labels are of samples, and not of tokens."));
        labels.CopyTo(destination);
        destination[labels.Length..].Fill(-1);
    }

    /// <summary>How many of a sample's tokens have a label.</summary>
    internal int LabelledTokens(int index) => Range(index, tokens!.TokenLabels!).Length - Range(index, tokens.TokenLabels!).Count(-1);

    /// <summary>The same set with its samples from the longest to the shortest, for evaluation: a batch of them has next to no padding. Values stay as they are.</summary>
    internal HostDataSet ByLength() => IsTokens ? Select([.. Enumerable.Range(0, Count).OrderByDescending(LengthOf)]) : this;

    /// <summary>SHA-256 of the samples' ids, labels and texts' borders, in lower-case hexadecimal; null where samples are values.</summary>
    internal string? TokenHash()
    {
        if (!IsTokens) return null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int index = 0; index < Count; index++)
        {
            Append([LengthOf(index), Labels[index], HasSegments ? tokens!.FirstLengths![IdOf(index)] : -1]);
            Append(TokensOf(index));
            if (TokenClassCount > 0) Append(Range(index, tokens!.TokenLabels!));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Append(ReadOnlySpan<int> values)
        {
            if (BitConverter.IsLittleEndian)
            {
                hash.AppendData(MemoryMarshal.AsBytes(values));
                return;
            }
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            foreach (int value in values)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
                hash.AppendData(bytes);
            }
        }
    }

    private ReadOnlySpan<int> Range(int index, int[] all)
    {
        CheckIndex(index);
        return all.AsSpan(tokens!.Starts[IdOf(index)], tokens.LengthOf(IdOf(index)));
    }

    private TokenSamples Kept() => tokens ?? throw new InvalidOperationException($"{Name}: samples are values of shape {string.Join(" × ", SampleShape)}, and no tokens.");

    private void RequireValues(string what)
    {
        if (IsTokens) throw new DataFormatException(Name, $"samples of values, for {what}", "token ids");
    }

    private void CheckIndex(int index)
    {
        if ((uint)index >= (uint)Count) throw new ArgumentOutOfRangeException(nameof(index), $"{Name}: a sample's index is in [0, {Count}), found {index}.");
    }
}
