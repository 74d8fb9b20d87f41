using System.Text;
using ResearchFreeze.Data;

namespace ResearchFreeze.Tests.Training;

public sealed class CsvTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Columns_keep_their_order_and_names_are_sorted()
    {
        HostDataSet set = Read("a,kind,\"b, wide\"\r\n1,zebra,-2.5\r\n\r\n 3e2 ,\"ant\",.5\r\n7,zebra,0\r\n", "kind", false);
        Assert.Equal(["ant", "zebra"], set.ClassNames!);
        Assert.Equal([1, 0, 1], set.Labels);
        Assert.Equal([2], set.SampleShape);
        Assert.Equal([[1, -2.5f], [300, 0.5f], [7, 0]], Rows(set));
    }

    [Fact]
    public void Names_are_sorted_by_their_code_points()
    {
        HostDataSet set = Read("x,label\n1,b\n2,É\n3,B\n4,10\n5,2\n", "label", false);
        Assert.Equal(["10", "2", "B", "b", "É"], set.ClassNames!);
        Assert.Equal([3, 4, 2, 0, 1], set.Labels);
    }

    [Fact]
    public void Whole_labels_are_classes_unless_taken_as_names()
    {
        Assert.Equal([2, 0, 1, 2], Read("label,x\n2,1\n0,1\n1,1\n2,1\n", "label", false).Labels);
        HostDataSet set = Read("label,x\n1,1\n-1,1\n", "label", true);
        Assert.Equal(["-1", "1"], set.ClassNames!);
        Assert.Equal([1, 0], set.Labels);
    }

    public static TheoryData<string, string> Bad => new()
    {
        { "", "a header row with the names of the columns, found an empty file" },
        { "a,b\n1,2\n", "one column 'label' with the labels, found the columns 'a', 'b'" },
        { "a,label,label\n1,2,3\n", "one column 'label' with the labels, found 2 of them" },
        { "label\n1\n", "a column of numbers beside 'label', found none" },
        { "a,label\n", "at least one row below the header, found none" },
        { "a,label\n1,0\n2\n", "2 fields a row, as the header has, found 1 at line 3" },
        { "a,label\n1,0\n2,0,5\n", "2 fields a row, as the header has, found 3 at line 3" },
        { "a,width,label\n1,2,0\n\n1,two,0\n", "a finite number (or ignore=width, to leave the column out), found 'two' at line 4, column 'width'" },
        { "a,label\n,0\n", "a finite number (or ignore=a, to leave the column out), found '' at line 2, column 'a'" },
        { "a,label\n\"1,5\",0\n", "a finite number (or ignore=a, to leave the column out), found '1,5' at line 2, column 'a'" },
        { "a,label\nNaN,0\n", "a finite number (or ignore=a, to leave the column out), found 'NaN' at line 2, column 'a'" },
        { "a,label\n1e39,0\n", "a finite number (or ignore=a, to leave the column out), found '1e39' at line 2, column 'a'" },
        { "a,label\n\"1\n2\",0\n", "a finite number (or ignore=a, to leave the column out), found '1 2' at line 3, column 'a'" },
        { "a,label\n1,0\n1,\n", "a label, found an empty cell at line 3, column 'label'" },
        { "a,label\n1,1\n1,2\n", "whole labels 0 … 1, without a gap (or labels=text, to take them as names), found 1 in place of 0" },
        { "a,label\n1,0\n1,2000000000\n", "whole labels 0 … 1, without a gap (or labels=text, to take them as names), found 2000000000 in place of 1" },
        { "a,label\n1,-1\n1,0\n", "whole labels 0 … 1, without a gap (or labels=text, to take them as names), found -1 in place of 0" },
        { "a,label\n1\"2,0\n", "quotes around a whole field only, and doubled inside it, found another one at line 2" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Bad_files_are_refused_in_one_line(string content, string says)
    {
        string path = Write(content);
        var error = Assert.Throws<DataFormatException>(() => Read(path, "label", false, isPath: true));
        Assert.Equal($"{path}: expected {says}.", error.Message);
    }

    [Fact]
    public void A_field_without_end_is_refused()
    {
        string path = Write("a,label\n" + new string('1', 1 << 20) + ",0\n");
        var error = Assert.Throws<DataFormatException>(() => Read(path, "label", false, isPath: true));
        Assert.StartsWith($"{path}: expected rows of fields of at most 65536 characters, found a longer one at line ", error.Message);
    }

    [Fact]
    public void Rows_are_split_by_the_seed_and_columns_normalised_by_the_training_part()
    {
        string path = Write("x,y,label\n" + string.Join('\n', Enumerable.Range(0, 50).Select(i => $"{i},{1000000 + i},{i % 2}")));
        DataSplits data = HostDatasets.Load($"csv:{path}");
        Assert.Equal((35, 5, 10), (data.Train.Count, data.Validation.Count, data.Test.Count));
        HostDataSet[] parts = [data.Train, data.Validation, data.Test];
        Assert.Equal(Enumerable.Range(0, 50), parts.SelectMany(Ids).Order());
        double mean = Ids(data.Train).Average(), deviation = Math.Sqrt(Ids(data.Train).Average(id => (id - mean) * (id - mean)));
        Assert.Equal(mean, data.Train.Normalisation!.Means[0], 1e-9);
        Assert.Equal(deviation, data.Train.Normalisation.Deviations[1], 1e-6);
        foreach (HostDataSet part in parts)
        {
            Assert.Equal(Ids(part).Order(), Ids(part));
            foreach ((float[] row, int id) in Rows(part).Zip(Ids(part)))
            {
                Assert.Equal((id - mean) / deviation, row[0], 1e-5);
                Assert.Equal((id - mean) / deviation, row[1], 1e-5);
            }
        }
        Assert.Equal(Ids(data.Test), Ids(HostDatasets.Load($"csv:{path}").Test));
        Assert.NotEqual(Ids(data.Test), Ids(HostDatasets.Load($"csv:{path},seed=1").Test));
        DataSplits plain = HostDatasets.Load($"csv:{path},normalise=0,validation=0.5,test=0.25");
        Assert.Equal((13, 25, 12), (plain.Train.Count, plain.Validation.Count, plain.Test.Count));
        Assert.Equal(Ids(plain.Train).Select(id => (float)id), Rows(plain.Train).Select(row => row[0]));
    }

    [Fact]
    public void Fractions_and_counts_must_leave_three_parts()
    {
        string path = Write("x,label\n1,0\n2,0\n");
        Assert.EndsWith("expected at least three samples, for training, validation and test, found 2.", Assert.Throws<DataFormatException>(() => HostDatasets.Csv(path)).Message);
        var error = Assert.Throws<ArgumentException>(() => HostDatasets.Load($"csv:{path},validation=0.5,test=0.5"));
        Assert.EndsWith("must be positive and together less than 1, found 0.5 and 0.5.", error.Message);
    }

    private HostDataSet Read(string content, string label, bool textLabels, bool isPath = false)
    {
        var options = new CsvOptions { Label = label, TextLabels = textLabels };
        Table table = CsvFile.Read(isPath ? content : Write(content), options);
        return table.ToSet(null, new TableLabels(table, textLabels));
    }

    private string Write(string content) => folder.Write("data.csv", Encoding.UTF8.GetBytes(content));

    private static IEnumerable<int> Ids(HostDataSet set) => Enumerable.Range(0, set.Count).Select(set.IdOf);

    private static float[][] Rows(HostDataSet set)
    {
        float[][] rows = [.. Enumerable.Range(0, set.Count).Select(_ => new float[set.SampleSize])];
        for (int i = 0; i < rows.Length; i++) set.CopySample(i, rows[i]);
        return rows;
    }
}
