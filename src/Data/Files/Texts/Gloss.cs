namespace ResearchFreeze.Data;

/// <summary>A definition of WordNet.</summary>
/// <param name="Text">The definition, without its examples.</param>
/// <param name="File">The number of the lexicographer file that it is of: see <see cref="WordNetFile.LexicographerFiles"/>.</param>
internal readonly record struct Gloss(string Text, int File);
