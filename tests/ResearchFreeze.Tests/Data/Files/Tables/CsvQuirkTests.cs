using System.Text;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

/// <summary>Tables as people have them: a small file for each quirk.</summary>
public sealed class CsvQuirkTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("id,a,note,b,label\n7,1,x,2,u\n8,3,y,4,v\n9,5,z,6,u\n", "ignore=id+note", "2 columns 'a', 'b', left out 'id', 'note', labels 'label'", new float[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("id,a,note,b,label\n7,1,x,2,u\n8,3,y,4,v\n9,5,z,6,u\n", "features=b+a", "2 columns 'b', 'a', left out 'id', 'note', labels 'label'", new float[] { 2, 1, 4, 3, 6, 5 })]
    [InlineData("1,u,2\n3,v,4\n5,u,6\n", "header=0,label=c1", "2 columns 'c0', 'c2', labels 'c1'", new float[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("a;label;b\n1;u;2\n3;v;4\n5;u;6\n", "separator=semicolon", "2 columns 'a', 'b', labels 'label'", new float[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("a;label;b\n1;u;2\n3;v;4\n5;u;6\n", "separator=;", "2 columns 'a', 'b', labels 'label'", new float[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("a\tlabel\tb\r\n1\tu, w\t2\r\n3\tv\t4\r\n5\tu, w\t6\r\n", "separator=tab", "2 columns 'a', 'b', labels 'label'", new float[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("\uFEFFa,label\n1,u\n2,v\n3,u\n", "features=a", "1 column 'a', labels 'label'", new float[] { 1, 2, 3 })]
    public void A_table_is_read_as_it_is_said_and_that_is_told(string content, string settings, string says, float[] values)
    {
        DataSplits data = Load(content, $"{settings},normalise=0");
        Assert.Equal($"3 rows, {says}", data.Reading);
        Assert.Equal(values, Rows(data).SelectMany(row => row));
        Assert.Equal($"{folder.Root}/data.csv: 3 rows, {says}; 1 training, 1 validation, 1 test samples of {data.SampleShape[0]}; 2 classes: {data.Train.ClassNames![0]} 2, v 1", data.Description);
    }

    [Fact]
    public void Columns_of_pixels_become_images_with_one_normalisation_a_channel()
    {
        string rows = string.Join('\n', Enumerable.Range(0, 10).Select(i => $"{i % 2},{i},{i + 1},{i + 2},{i + 3}"));
        DataSplits data = Load($"label,p0,p1,p2,p3\n{rows}\n", "shape=2x2x1");
        Assert.Equal([2, 2, 1], data.SampleShape);
        Assert.Equal(1, data.Train.Normalisation!.Channels);
        Assert.Equal(2, Load($"label,p0,p1,p2,p3\n{rows}\n", "shape=1x2x2").Train.Normalisation!.Channels);
        Assert.Equal(4, Load($"label,p0,p1,p2,p3\n{rows}\n", "").Train.Normalisation!.Channels);
        Assert.Equal([2, 2], Load($"label,p0,p1,p2,p3\n{rows}\n", "shape=2x2").SampleShape);
    }

    [Fact]
    public void A_test_file_of_its_own_is_matched_by_names()
    {
        string test = folder.Write("test.csv", Encoding.UTF8.GetBytes("id,label,b,a\n0,v,20,10\n1,u,40,30\n"));
        DataSplits data = Load("a,b,label\n" + string.Concat(Enumerable.Range(0, 10).Select(i => $"{i},{-i},{(i % 2 == 0 ? "u" : "v")}\n")), $"test={test},validation=0.3,normalise=0");
        Assert.Equal((7, 3, 2), (data.Train.Count, data.Validation.Count, data.Test.Count));
        Assert.Equal([[10f, 20f], [30f, 40f]], Rows(data.Test));
        Assert.Equal([1, 0], data.Test.Labels);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (float)i), Rows(data.Train).Concat(Rows(data.Validation)).Select(row => row[0]).Order());
        Assert.Equal($"10 rows and 2 of {test}, 2 columns 'a', 'b', labels 'label'", data.Reading);
    }

    /// <summary>90 of one class, 10 of another: each part has a tenth of the second.</summary>
    [Fact]
    public void A_stratified_split_takes_its_fractions_of_each_class()
    {
        string content = "x,label\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"{i},{(i % 10 == 3 ? "rare" : "common")}\n"));
        DataSplits data = Load(content, "stratify=1,normalise=0"), other = Load(content, "stratify=1,seed=1,normalise=0");
        Assert.Equal([(63, 7), (9, 1), (18, 2)], new[] { data.Train, data.Validation, data.Test }.Select(part => (part.Labels.Count(label => label == 0), part.Labels.Count(label => label == 1))));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (float)i), Rows(data).Select(row => row[0]).Order());
        Assert.Equal(Rows(data.Test).Select(row => row[0]).Order(), Rows(data.Test).Select(row => row[0]));
        Assert.NotEqual(Rows(data.Test).Select(row => row[0]), Rows(other.Test).Select(row => row[0]));
        string test = folder.Write("test.csv", "x,label\n1,rare\n"u8.ToArray());
        Assert.Equal((90, 10, 1), Counts(Load(content, $"stratify=1,test={test}")));
    }

    public static TheoryData<string, string, string> Bad => new()
    {
        { "a,label\n1,0.5\n2,1.25\n3,2\n", "", "classes in column 'label', found numbers that are not whole, as '0.5': is it a number to predict? (target=COLUMN predicts it, labels=text takes each as a class)" },
        { "a;label\n1;0\n", "", "one column 'label' with the labels, found the columns 'a;label' (separator=semicolon?)" },
        { "a\tlabel\n1\t0\n", "", "one column 'label' with the labels, found the columns 'a\tlabel' (separator=tab?)" },
        { "a;label\n1,5;u\n", "separator=semicolon", "a finite number (or ignore=a, to leave the column out), found '1,5' at line 2, column 'a'" },
        { "1,0\n2,1\n", "header=0", "one column 'label' with the labels, found the columns 'c0', 'c1'" },
        { "1,0\n2,1,3\n", "header=0,label=c1", "2 fields a row, as the first has, found 3 at line 2" },
        { "", "header=0,label=c1", "rows of fields, found an empty file" },
        { "a,label\n1,0\n", "ignore=b", "one column 'b' to ignore, found the columns 'a', 'label'" },
        { "a,label\n1,0\n", "ignore=label", "the labels' column beside those that are ignored, found 'label' among them" },
        { "a,label\n1,0\n", "features=a+label", "the labels' column beside the features, found 'label' among them" },
        { "a,label\n1,0\n", "features=a+a", "each feature once, found 'a', 'a'" },
        { "a,label\n1,0\n", "features=b", "one column 'b' of numbers, found the columns 'a', 'label'" },
        { "a,label\n1,0\n", "ignore=a", "a column of numbers beside 'label', found none" },
        { "a,b,c,label\n1,2,3,0\n", "shape=2x2", "4 columns of numbers, for samples of 2 × 2, found 3" },
        { "a,label\n1,u\n2,u\n3,u\n4,v\n5,v\n", "stratify=1", "at least three samples of each class, for training, validation and test, found 2 of class 'v'" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_does_not_fit_is_one_line(string content, string settings, string says) =>
        Assert.Equal($"{folder.Root}/data.csv: expected {says}.", Assert.Throws<DataFormatException>(() => Load(content, settings)).Message);

    [Theory]
    [InlineData(21, 104, true)]
    [InlineData(21, 105, false)]
    [InlineData(20, 20, false)]
    [InlineData(1001, 10000, true)]
    [InlineData(1000, 10000, false)]
    public void Too_many_different_whole_labels_are_something_measured(int classes, int rows, bool refused)
    {
        string content = "a,label\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"{i},{i % classes}\n"));
        if (!refused)
        {
            Assert.Equal(classes, Load(content, "").ClassCount);
            return;
        }
        string found = $"{classes} different numbers in {rows} rows: is it a number to predict? (target=COLUMN predicts it, labels=text takes each as a class)";
        Assert.Equal($"{folder.Root}/data.csv: expected classes in column 'label', found {found}.", Assert.Throws<DataFormatException>(() => Load(content, "")).Message);
        Assert.Equal(classes, Load(content, "labels=text").ClassCount);
    }

    [Fact]
    public void A_test_file_must_fit_the_first()
    {
        const string Content = "a,label\n1,u\n2,v\n3,u\n";
        Assert.Equal($"{folder.Root}/absent.csv: no such file.", Assert.Throws<FileNotFoundException>(() => Load(Content, $"test={folder.Root}/absent.csv")).Message);
        Assert.Equal($"{folder.Root}/test.csv: expected labels that {folder.Root}/data.csv has, found 'w' in row 2.", Refused("a,label\n1,u\n2,w\n"));
        Assert.Equal($"{folder.Root}/test.csv: expected one column 'a' of numbers, found the columns 'b', 'label'.", Refused("b,label\n1,u\n"));
        Assert.Equal($"{folder.Root}/test.csv: expected one column 'label' with the labels, found the columns 'a'.", Refused("a\n1\n"));

        string Refused(string test) => Assert.Throws<DataFormatException>(() => Load(Content, $"test={folder.Write("test.csv", Encoding.UTF8.GetBytes(test))}")).Message;
    }

    [Theory]
    [InlineData("features=a,ignore=b", "'ignore' has no effect beside 'features', which leaves all other columns out.")]
    [InlineData("shape=2xa", "shape is one to three sizes, as in 28x28 or 28x28x1, found '2xa'.")]
    [InlineData("shape=0x2", "shape is one to three sizes, as in 28x28 or 28x28x1, found '0x2'.")]
    [InlineData("separator=pipe", "separator must be comma or semicolon or tab or ;, found 'pipe'.")]
    [InlineData("header=2", "header must be 1 or 0, found '2'.")]
    [InlineData("stratify=yes", "stratify must be 0 or 1, found 'yes'.")]
    [InlineData("validation=0", "the fractions for validation and test must be positive and together less than 1, found 0 and 0.2.")]
    public void A_setting_without_sense_or_effect_is_named(string settings, string says) =>
        Assert.EndsWith(says, Assert.Throws<ArgumentException>(() => Load("a,b,label\n1,2,u\n", settings)).Message);

    /// <summary>Of "é" and "è" in Latin-1 one class would become.</summary>
    [Fact]
    public void What_is_no_UTF8_is_refused_and_what_is_marked_is_read()
    {
        const string Content = "x,label\n1,é\n2,è\n3,é\n";
        string path = folder.Write("latin.csv", Encoding.Latin1.GetBytes(Content));
        Assert.Equal($"{path}: expected text in UTF-8, found bytes that are none (0xE9): save it as UTF-8.", Assert.Throws<DataFormatException>(() => HostDatasets.Load($"csv:{path}")).Message);
        path = folder.Write("marked.csv", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Content)]);
        Assert.Equal(["è", "é"], HostDatasets.Load($"csv:{path}").Train.ClassNames!);
    }

    [Fact]
    public void A_terminal_is_shown_no_control_characters() =>
        Assert.EndsWith("found '\uFFFD[2J' at line 2, column 'x'.", Assert.Throws<DataFormatException>(() => Load("x,label\n\u001b[2J,u\n", "")).Message);

    [Fact]
    public void A_samples_values_have_the_names_of_their_columns()
    {
        Assert.Equal(["b", "a"], Load("a,label,b\n1,u,2\n3,v,4\n5,u,6\n", "features=b+a").Test.InputNames!);
        Assert.Equal(["a"], Load("a,y,b\n1,0,2\n3,1,4\n5,2,6\n", "target=y+b").Train.InputNames!);
        Assert.Null(Load("1,u\n3,v\n5,u\n", "header=0,label=c1").Train.InputNames);
    }

    private static (int Train, int Validation, int Test) Counts(DataSplits data) => (data.Train.Count, data.Validation.Count, data.Test.Count);

    private DataSplits Load(string content, string settings) =>
        HostDatasets.Load($"csv:{folder.Write("data.csv", Encoding.UTF8.GetBytes(content))}{(settings.Length == 0 ? "" : $",{settings}")}");

    /// <summary>The rows of all parts, in the file's order.</summary>
    private static float[][] Rows(DataSplits data) =>
        [.. new[] { data.Train, data.Validation, data.Test }.SelectMany(part => Rows(part).Select((row, i) => (Id: part.IdOf(i), Row: row))).OrderBy(pair => pair.Id).Select(pair => pair.Row)];

    private static float[][] Rows(HostDataSet set)
    {
        float[][] rows = [.. Enumerable.Range(0, set.Count).Select(_ => new float[set.SampleSize])];
        for (int i = 0; i < rows.Length; i++) set.CopySample(i, rows[i]);
        return rows;
    }
}
