using System.Text;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class JsonLinesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Fields in another order, empty lines, a nested field that is left out.</summary>
    [Fact]
    public void An_object_a_line_is_a_row()
    {
        DataSplits data = Load("""
            {"a": 1, "kind": "u", "b": -2.5e1, "tags": ["x"]}

            {"tags": null, "b": 4, "kind": "v", "a": 3}
            {"a": 5, "b": 6, "tags": {"y": 1}, "kind": "u"}
            """, "label=kind,ignore=tags,normalise=0");
        Assert.Equal("3 rows, 2 columns 'a', 'b', left out 'tags', labels 'kind'", data.Reading);
        Assert.Equal(["u", "v"], data.Train.ClassNames!);
        float[][] rows = [.. new[] { data.Train, data.Validation, data.Test }.OrderBy(part => part.IdOf(0)).Select(Row)];
        Assert.Equal([[1, -25], [3, 4], [5, 6]], rows);
    }

    [Theory]
    [InlineData("true", "false", "false", "true")]
    [InlineData("0", "1", "0", "1")]
    [InlineData("\"1\"", "\"0\"", "0", "1")]
    [InlineData("\"é\"", "\"a\"", "a", "é")]
    public void Labels_are_numbers_texts_or_truth(string first, string second, string one, string two) =>
        Assert.Equal([one, two], Load($"{{\"label\": {first}, \"x\": 1}}\n{{\"label\": {second}, \"x\": 1}}\n{{\"label\": {second}, \"x\": 1}}\n", "").Train.ClassNames!);

    [Fact]
    public void A_test_file_is_of_the_same_kind()
    {
        string test = folder.Write("test.jsonl", "{\"label\": 1, \"x\": 7}\n"u8.ToArray());
        DataSplits data = Load("{\"x\": 1, \"label\": 0}\n{\"x\": 2, \"label\": 1}\n", $"test={test},normalise=0");
        Assert.Equal((1, 1, 1), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal([7f], Row(data.Test));
        Assert.Equal([1], data.Test.Labels);
    }

    public static TheoryData<string, string> Bad => new()
    {
        { "", "at least one line with an object, found none" },
        { "[1, 2]", "an object a line, found an array at line 1" },
        { "{\"x\": 1, \"label\": 0}\n{\"x\": 1,", "an object of JSON a line, each field once, found '{\"x\": 1,' at line 2" },
        { "{\"x\": 1, \"x\": 2, \"label\": 0}", "an object of JSON a line, each field once, found '{\"x\": 1, \"x\": 2, \"label\": 0}' at line 1" },
        { "{\"x\": 1, \"label\": \"\\ud800\"}", "texts of whole characters, found an escape of half a one (\\ud800 to \\udfff) at line 1" },
        { "{\"x\": 1, \"label\": 0}\n{\"\\udc00\": 1, \"label\": 0}", "texts of whole characters, found an escape of half a one (\\ud800 to \\udfff) at line 2" },
        { "{\"x\": 1}", "one column 'label' with the labels, found the columns 'x'" },
        { "{\"x\": \"1\", \"label\": 0}", "a finite number (or ignore=x, to leave the field out), found '\"1\"' at line 1, field 'x'" },
        { "{\"x\": null, \"label\": 0}", "a finite number (or ignore=x, to leave the field out), found 'null' at line 1, field 'x'" },
        { "{\"x\": true, \"label\": 0}", "a finite number (or ignore=x, to leave the field out), found 'true' at line 1, field 'x'" },
        { "{\"x\": [1], \"label\": 0}", "a finite number (or ignore=x, to leave the field out), found an array at line 1, field 'x'" },
        { "{\"x\": 1e39, \"label\": 0}", "a finite number (or ignore=x, to leave the field out), found '1e39' at line 1, field 'x'" },
        { "{\"x\": 1, \"label\": null}", "a label: a number, a text that is not empty, true or false, found 'null' at line 1, field 'label'" },
        { "{\"x\": 1, \"label\": \"\"}", "a label: a number, a text that is not empty, true or false, found '\"\"' at line 1, field 'label'" },
        { "{\"x\": 1, \"label\": 0}\n{\"y\": 1, \"label\": 0}", "a field 'x', found none at line 2" },
        { "{\"x\": 1, \"label\": 0}\n{\"x\": 1, \"y\": 1, \"label\": 0}", "2 fields a line, as the first has, found 3 at line 2" },
        { "{\"x\": 1, \"label\": 0.5}", "classes in column 'label', found numbers that are not whole, as '0.5': is it a number to predict? (target=COLUMN predicts it, labels=text takes each as a class)" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_does_not_fit_is_one_line(string content, string says) =>
        Assert.Equal($"{folder.Root}/data.jsonl: expected {says}.", Assert.Throws<DataFormatException>(() => Load(content, "")).Message);

    /// <summary>Of "é" and "è" in Latin-1 one class would become.</summary>
    [Fact]
    public void What_is_no_UTF8_is_refused()
    {
        string path = folder.Write("latin.jsonl", Encoding.Latin1.GetBytes("{\"x\": 1, \"label\": \"é\"}\n{\"x\": 1, \"label\": \"è\"}\n"));
        Assert.Equal($"{path}: expected text in UTF-8, found bytes that are none (0xE9): save it as UTF-8.", Assert.Throws<DataFormatException>(() => HostDatasets.Load($"jsonl:{path}")).Message);
    }

    private DataSplits Load(string content, string settings) =>
        HostDatasets.Load($"jsonl:{folder.Write("data.jsonl", Encoding.UTF8.GetBytes(content))}{(settings.Length == 0 ? "" : $",{settings}")}");

    private static float[] Row(HostDataSet set)
    {
        var row = new float[set.SampleSize];
        set.CopySample(0, row);
        return row;
    }
}
