namespace ResearchFreeze.Data;

/// <summary>Text data sets as they are written on the command line.</summary>
public static class TextDatasets
{
    private const string Common = TextSource.Usage;

    /// <summary>A catalogue with all of them, to add more to: an entry reads its settings, and those that every text data set has by <see cref="TextSource.Of"/>.</summary>
    public static Catalogue<TextSource> Catalogue()
    {
        var sets = new Catalogue<TextSource>("text data set");
        AddWordNet(sets, "wordnet-nouns", "WordNet's definitions of nouns in 19 classes (package wordnet-base).", WordNet.Nouns);
        AddWordNet(sets, "wordnet-verbs", "WordNet's definitions of verbs in 15 classes (package wordnet-base).", WordNet.Verbs);
        AddWordNet(sets, "wordnet-pos", "The part of speech of a definition of WordNet (package wordnet-base).", WordNet.PartsOfSpeech);
        return sets;
    }

    private static void AddWordNet(Catalogue<TextSource> sets, string name, string summary, Func<string, ITextData> read) =>
        sets.Add(name, $"{name}[:folder={WordNet.Folder},{Common}]", summary, spec =>
        {
            string folder = spec.Word("folder", WordNet.Folder);
            return TextSource.Of(spec, () => read(folder));
        });
}
