namespace ResearchFreeze.Data;

/// <summary>Text data sets as they are written on the command line.</summary>
public static class TextDatasets
{
    private const string Common = TextSource.UsageOfClasses;

    /// <summary>A catalogue with all of them, to add more to: an entry reads its settings, and those that every text data set has by <see cref="TextSource.Of"/>.</summary>
    public static Catalogue<TextSource> Catalogue()
    {
        var sets = new Catalogue<TextSource>("text data set");
        AddWordNet(sets, "wordnet-nouns", "WordNet's definitions of nouns in 19 classes (package wordnet-base).", WordNet.Nouns);
        AddWordNet(sets, "wordnet-verbs", "WordNet's definitions of verbs in 15 classes (package wordnet-base).", WordNet.Verbs);
        AddWordNet(sets, "wordnet-pos", "The part of speech of a definition of WordNet (package wordnet-base).", WordNet.PartsOfSpeech);
        Add(sets, "agnews", "agnews:FOLDER", "AG News: train.csv and test.csv.", (_, folder) => () => TextFiles.AgNews(folder));
        Add(sets, "hf", "hf:FOLDER,text=A[+B][,label=label,validation=0.1,seed=0", "Parquet files as Hugging Face's hub has them: train-, validation-, test-.", (spec, folder) =>
        {
            TextOptions options = HostDatasets.ReadTexts(spec, isSeparated: false, isSplit: false);
            return () => TextFiles.HuggingFace(folder, options);
        });
        Add(sets, "imdb", "imdb:FOLDER", "IMDB's film reviews: the folder aclImdb.", (_, folder) => () => TextFiles.Imdb(folder));
        Add(sets, "glue", "glue:FOLDER,task=cola|mnli|mrpc|qnli|qqp|rte|sst2|wnli", "A task of GLUE: train.tsv and dev.tsv.", (spec, folder) =>
        {
            string task = spec.Given("task") ?? throw new ArgumentException($"'{spec}': task is missing, as in glue:FOLDER,task=sst2.");
            GlueTask.Of(task);
            return () => TextFiles.Glue(folder, task);
        });
        sets.Add("text", $"text:FILE[,validation=0.1,test=0.1,{TextSource.Usage}]", "A text whose next tokens are learnt, in samples of length tokens.", spec =>
        {
            string path = HostDatasets.OnePath(spec, "text:FILE");
            double validation = spec.Real("validation", 0.1), test = spec.Real("test", 0.1);
            return TextSource.Of(spec, () => PlainText.Open(path, validation, test), hasClasses: false);
        });
        AddTable(sets, "csv", ",header=1,separator=comma", "Texts in a CSV file: text=COLUMN, or of pairs text=A+B.", TextFiles.Csv);
        AddTable(sets, "jsonl", "", "Texts in JSON Lines: text=FIELD, or of pairs text=A+B.", TextFiles.JsonLines);
        AddTable(sets, "parquet", "", "Texts in a Parquet file: text=COLUMN, or of pairs text=A+B.", TextFiles.Parquet);
        return sets;
    }

    private static void Add(Catalogue<TextSource> sets, string name, string usage, string summary, Func<Spec, string, Func<ITextData>> read) => sets.Add(name, usage.Contains('[', StringComparison.Ordinal) && !usage.EndsWith(']') ? $"{usage},{Common}]" : $"{usage}[,{Common}]", summary, spec =>
    {
        string folder = HostDatasets.Folder(spec);
        return TextSource.Of(spec, read(spec, folder));
    });

    private static void AddTable(Catalogue<TextSource> sets, string name, string further, string summary, Func<string, TextOptions, ITextData> read) =>
        sets.Add(name, $"{name}:FILE,text=A[+B][,label=label,validation=0.1,test=0.2|FILE,seed=0{further},{Common}]", summary, spec =>
        {
            string path = HostDatasets.OnePath(spec, $"{name}:FILE,text=COLUMN");
            TextOptions options = HostDatasets.ReadTexts(spec, isSeparated: further.Length > 0);
            return TextSource.Of(spec, () => read(path, options));
        });

    private static void AddWordNet(Catalogue<TextSource> sets, string name, string summary, Func<string, ITextData> read) =>
        sets.Add(name, $"{name}[:folder={WordNet.Folder},{Common}]", summary, spec =>
        {
            string folder = spec.Word("folder", WordNet.Folder);
            return TextSource.Of(spec, () => read(folder));
        });
}
