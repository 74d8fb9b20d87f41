namespace ResearchFreeze.Data;

/// <summary>Texts that become a data set once it is known how tokens are made of them.</summary>
public interface ITextData
{
    /// <summary>The same as token ids.</summary>
    /// <param name="tokenizer">Makes them.</param>
    /// <param name="length">The most tokens of a sample, with what stands around its texts; what is longer is cut, and the remarks say how many were.</param>
    /// <exception cref="ArgumentOutOfRangeException">So many tokens leave none for the texts.</exception>
    /// <exception cref="DataFormatException">There are too few texts.</exception>
    DataSplits Tokenise(ITokenizer tokenizer, int length);
}
