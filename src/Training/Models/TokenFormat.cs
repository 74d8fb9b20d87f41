namespace ResearchFreeze.Training;

/// <summary>What a model of tokens is built for.</summary>
/// <param name="Vocabulary">How many token ids the data have.</param>
/// <param name="Longest">Tokens of the longest sample.</param>
/// <param name="Classes">Classes of a token's label; 0: labels are of samples.</param>
public readonly record struct TokenFormat(int Vocabulary, int Longest, int Classes);
