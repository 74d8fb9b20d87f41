using System.Text;
using Parquet;
using Parquet.Schema;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class TextFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ACsvFileHasTextsInQuotesAndIsSplitAsTablesAre()
    {
        string path = Write("reviews.csv", "label,id,body\n" + string.Concat(Enumerable.Range(0, 20).Select(i => $"{(i % 2 == 0 ? "good" : "bad")},{i},\" one, \"\"{i}\"\" \"\n")));
        DataSplits data = HostDatasets.Load($"csv:{path},text=body");
        Assert.Equal((14, 2, 4), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal(["bad", "good"], data.Train.ClassNames!);
        Assert.Equal("20 rows; text body; label label", data.Reading);
        string[] texts = [.. ((HostDataSet[])[data.Train, data.Validation, data.Test]).SelectMany(part => Enumerable.Range(0, part.Count).Select(i => (Text(part, i), part.ClassNames![part.Labels[i]])).Select(pair => $"{pair.Item2}:{pair.Item1}"))];
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{(i % 2 == 0 ? "good" : "bad")}:[ one, \"{i}\" ]").Order(StringComparer.Ordinal), texts.Order(StringComparer.Ordinal));
        Assert.Equal(HostDatasets.Load($"csv:{path},text=body").Test.TokensOf(0).ToArray(), data.Test.TokensOf(0).ToArray());
    }

    [Fact]
    public void TwoTextsAndATestFileOfTheirOwn()
    {
        string path = Write("pairs.tsv", "a\tb\tsame\n" + string.Concat(Enumerable.Range(0, 10).Select(i => $"x{i}\ty{i}\t{i % 3}\n"))), test = Write("test.tsv", "same\ta\tb\n2\tp\tq\n");
        DataSplits data = HostDatasets.Load($"csv:{path},text=a+b,label=same,separator=tab,test={test}");
        Assert.Equal((9, 1, 1, true), (data.Train.Count, data.Validation.Count, data.Test.Count, data.Train.HasSegments));
        Assert.Equal("[p][q]", Text(data.Test, 0));
        Assert.Equal(["0", "1", "2"], data.Test.ClassNames!);
        Write("test.tsv", "same\ta\tb\n7\tp\tq\n");
        Assert.Contains("found '7' in row 1", Assert.Throws<DataFormatException>(() => HostDatasets.Load($"csv:{path},text=a+b,label=same,separator=tab,test={test}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ObjectsALineHaveTextsToo()
    {
        string path = Write("rows.jsonl", string.Concat(Enumerable.Range(0, 10).Select(i => $$"""{"text": "line\n{{i}}", "label": {{(i % 2 == 0 ? "true" : "false")}}}""" + "\n")));
        DataSplits data = HostDatasets.Load($"jsonl:{path},text=text");
        Assert.Equal(["false", "true"], data.Train.ClassNames!);
        Assert.StartsWith("[line\n", Text(data.Train, 0), StringComparison.Ordinal);
        Write("rows.jsonl", "{\"text\": 3, \"label\": 1}\n");
        Assert.Equal($"{path}: expected a text, found '3' at line 1, field 'text'.", Assert.Throws<DataFormatException>(() => HostDatasets.Load($"jsonl:{path},text=text")).Message);
    }

    [Fact]
    public async Task AParquetFileSaysWhatClassesAreCalled()
    {
        string path = await Parquet("rows.parquet", 10, i => i % 2);
        DataSplits data = HostDatasets.Load($"parquet:{path},text=text");
        Assert.Equal(["neg", "pos"], data.Train.ClassNames!);
        Assert.All(Enumerable.Range(0, data.Train.Count), i => Assert.Equal((Text(data.Train, i)[6] - '0') % 2, data.Train.Labels[i]));
        Assert.Contains("expected a column 'label' of texts", Assert.Throws<DataFormatException>(() => HostDatasets.Load($"parquet:{path},text=label,label=text")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFolderOfTheHubHasItsPartsInFiles()
    {
        Directory.CreateDirectory(Path.Combine(folder.Root, "data"));
        await Parquet("data/train-00000-of-00002.parquet", 10, i => i % 2);
        await Parquet("data/train-00001-of-00002.parquet", 10, i => i % 2);
        await Parquet("data/validation-00000-of-00001.parquet", 6, i => i % 2);
        await Parquet("data/test-00000-of-00001.parquet", 4, _ => -1);
        DataSplits data = HostDatasets.Load($"hf:{folder.Root},text=text");
        Assert.Equal((18, 2, 6), (data.Train.Count, data.Validation.Count, data.Test.Count));
        string name = Path.GetFileName(folder.Root);
        Assert.Equal([$"{name}: the labels of the test part are kept back", $"{name}: the validation files are for test", $"{name}: 2 of the training texts are for validation"], data.Remarks.Take(3));
        await Parquet("data/test-00000-of-00001.parquet", 4, i => i % 2);
        data = HostDatasets.Load($"hf:{folder.Root},text=text");
        Assert.Equal((20, 6, 4), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal(["neg", "pos"], data.Test.ClassNames!);
        foreach (string file in Directory.GetFiles(Path.Combine(folder.Root, "data"), "t*-*")) File.Delete(file);
        Assert.StartsWith("hf: expected train-….parquet in", Assert.Throws<FileNotFoundException>(() => HostDatasets.Load($"hf:{folder.Root},text=text")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AgNewsIsATitleAndADescription()
    {
        Write("train.csv", string.Concat(Enumerable.Range(0, 20).Select(i => $"\"{1 + (i % 4)}\",\"Title {i}\",\"What, {i}\"\n")));
        Write("test.csv", "\"3\",\"Profits\",\"rise\"\n");
        DataSplits data = HostDatasets.Load($"agnews:{folder.Root}");
        Assert.Equal(["World", "Sports", "Business", "Sci/Tech"], data.Train.ClassNames!);
        Assert.Equal(("[Profits rise]", 2), (Text(data.Test, 0), data.Test.Labels[0]));
        Assert.Equal((18, 2), (data.Train.Count, data.Validation.Count));
        Assert.Equal(["agnews: 20 training texts, where 120000 are published", "agnews: 1 test texts, where 7600 are published"], data.Remarks.Take(2));
    }

    [Fact]
    public void GlueHasNoQuotesAndSaysWhatIsTest()
    {
        Write("train.tsv", "sentence\tlabel\n" + string.Concat(Enumerable.Range(0, 20).Select(i => $"he said \" {i}\t{i % 2}\n")) + "broken\n");
        Write("dev.tsv", "sentence\tlabel\nfine\t1\n");
        DataSplits data = HostDatasets.Load($"glue:{folder.Root},task=sst2");
        Assert.Equal((18, 2, 1), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal("[he said \" 0]", Text(data.Train, 0));
        Assert.Equal("glue-sst2: 20 training texts, where 67349 are published", data.Remarks[0]);
        Assert.Equal($"{folder.Root}/train.tsv: 1 rows with more or fewer fields than the header were left out", data.Remarks[2]);
        Assert.Contains("the labels of the test part are not public", data.Remarks[3], StringComparison.Ordinal);
        Assert.Contains("known are cola, mnli", Assert.Throws<ArgumentException>(() => HostDatasets.Load($"glue:{folder.Root},task=sst")).Message, StringComparison.Ordinal);
        Assert.Contains("task is missing", Assert.Throws<ArgumentException>(() => HostDatasets.Load($"glue:{folder.Root}")).Message, StringComparison.Ordinal);
        Write("train.tsv", string.Concat(Enumerable.Range(0, 20).Select(i => $"gj04\t{i % 2}\t*\tColourless ideas {i}\n")));
        Write("dev.tsv", "gj04\t1\t\tIdeas sleep\n");
        Assert.Equal("[Ideas sleep]", Text(HostDatasets.Load($"glue:{folder.Root},task=cola").Test, 0));
    }

    [Fact]
    public void ImdbIsAFileAReview()
    {
        foreach (string part in (string[])["train", "test"])
        {
            foreach (string kind in (string[])["pos", "neg", "unsup"])
            {
                Directory.CreateDirectory(Path.Combine(folder.Root, part, kind));
                for (int i = 0; i < 6; i++) Write(Path.Combine(part, kind, $"{i}_9.txt"), $"{kind} {i}");
            }
        }
        DataSplits data = HostDatasets.Load($"imdb:{folder.Root}");
        Assert.Equal((11, 1, 12), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.All(Enumerable.Range(0, 12), i => Assert.StartsWith($"[{data.Test.ClassNames![data.Test.Labels[i]]} ", Text(data.Test, i), StringComparison.Ordinal));
        Directory.Delete(Path.Combine(folder.Root, "test", "neg"), recursive: true);
        Assert.Equal($"imdb: no folder '{folder.Root}/test/neg'.", Assert.Throws<DirectoryNotFoundException>(() => HostDatasets.Load($"imdb:{folder.Root}")).Message);
    }

    [Theory]
    [InlineData("text=nothing", "one column 'nothing' of texts")]
    [InlineData("text=label", "a column for each text and another for the labels")]
    [InlineData("text=a+b+c", "text is one column, or two as in text=A+B, found 3")]
    [InlineData("text=a,shape=2", "'shape' is unknown")]
    [InlineData("text=a,validation=0.9", "must be positive and together less than 1")]
    [InlineData("text=a,tokenizer=nowhere", "found no 'nowhere'")]
    [InlineData("text=a,length=1", "samples of at least 3 tokens")]
    public void WhatIsWrongIsOneLine(string settings, string message)
    {
        string path = Write("rows.csv", "a,b,label\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n");
        string found = Assert.ThrowsAny<Exception>(() => HostDatasets.Load($"csv:{path},{settings}")).Message;
        Assert.Contains(message, found, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', found);
    }

    /// <summary>A sample of bytes, its beginning and its ends as brackets.</summary>
    private static string Text(HostDataSet set, int index)
    {
        int[] ids = set.TokensOf(index).ToArray();
        return string.Concat(ids.Select((id, i) => id == 1 ? "[" : id == 2 ? i == ids.Length - 1 ? "]" : "][" : $"{(char)(id - 3)}"));
    }

    /// <summary>Texts with a number each, and what Hugging Face's library writes beside them.</summary>
    private async Task<string> Parquet(string name, int rows, Func<int, long> label)
    {
        string path = Path.Combine(folder.Root, name);
        var schema = new ParquetSchema(new DataField<string>("text"), new DataField<long>("label"));
        await using FileStream file = File.Create(path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, file, cancellationToken: TestContext.Current.CancellationToken);
        writer.CustomMetadata = new Dictionary<string, string> { ["huggingface"] = """{"info": {"features": {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}}""" };
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        await group.WriteAsync(schema.DataFields[0], [.. Enumerable.Range(0, rows).Select(i => $"text {i}")]);
        await group.WriteAsync<long>(schema.DataFields[1], Enumerable.Range(0, rows).Select(label).ToArray(), cancellationToken: TestContext.Current.CancellationToken);
        return path;
    }

    private string Write(string name, string text) => folder.Write(name, Encoding.UTF8.GetBytes(text));
}
