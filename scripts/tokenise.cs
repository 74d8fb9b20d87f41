#:project ../src/Training/Training.csproj
#:property PublishAot=false
#:property GenerateDocumentationFile=false
#:property EnforceCodeStyleInBuild=false
// Measures how long it takes to read texts and to make tokens of them, the second time in the process: WordNet's definitions, a text of 10 MB, and 120,000 rows of some 250 characters as CSV and Parquet, both made here.
// Usage, where scripts/get-minilm.sh DIR has been run and Debian's wordnet-base is installed: dotnet run scripts/tokenise.cs DIR

using System.Diagnostics;
using System.Globalization;
using System.Text;
using Parquet;
using Parquet.Schema;
using ResearchFreeze.Data;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is not [string model])
{
    Console.Error.WriteLine("error: expected the folder of a model with vocab.txt, as scripts/get-minilm.sh makes it.");
    return 2;
}
const int Rows = 120_000, Characters = 10_000_000;
ITokenizer pieces = TextTokenizers.Open(model);
var bytes = new ByteVocabulary();
string folder = Directory.CreateTempSubdirectory("tokenise").FullName;
string[] glosses = [.. WordNet.Nouns().Train.Select(sample => sample.Text)];
var random = new Random(1);
string text = Path.Combine(folder, "text.txt"), csv = Path.Combine(folder, "rows.csv"), parquet = Path.Combine(folder, "rows.parquet");
string[] rows = [.. Enumerable.Range(0, Rows).Select(_ => Made(200).Replace('"', ' '))], labels = [.. Enumerable.Range(0, Rows).Select(row => $"class{row % 4}")];
File.WriteAllText(text, Made(Characters));
File.WriteAllLines(csv, ["text,label", .. rows.Zip(labels, (row, label) => $"\"{row}\",{label}")]);
DataField[] fields = [new DataField<string>("text"), new DataField<string>("label")];
await using (FileStream file = File.Create(parquet))
{
    await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file);
    using ParquetRowGroupWriter group = writer.CreateRowGroup();
    await group.WriteAsync(fields[0], rows);
    await group.WriteAsync(fields[1], labels);
}
Console.WriteLine("| texts | read | bytes | word pieces |\n|---|---|---|---|");
Measure("`wordnet-nouns`, 35,000 definitions", () => WordNet.Nouns());
Measure("`text:FILE`, 10 MB", () => PlainText.Open(text));
Measure("`csv:FILE`, 120,000 rows, 30 MB", () => TextFiles.Csv(csv));
Measure("`parquet:FILE`, the same rows", () => TextFiles.Parquet(parquet));
Directory.Delete(folder, recursive: true);
return 0;

string Made(int characters)
{
    var made = new StringBuilder();
    while (made.Length < characters) made.Append(glosses[random.Next(glosses.Length)]).Append(". ");
    return made.ToString();
}

void Measure(string what, Func<ITextData> read)
{
    double[] seconds = [];
    for (int time = 0; time < 2; time++)
    {
        var clock = Stopwatch.StartNew();
        ITextData data = read();
        double reading = Lap(clock);
        data.Tokenise(bytes, TextSource.DefaultBytes);
        double ofBytes = Lap(clock);
        data.Tokenise(pieces, TextSource.DefaultLength);
        seconds = [reading, ofBytes, Lap(clock)];
    }
    Console.WriteLine($"| {what} | {string.Join(" | ", seconds.Select(each => $"{each:F2} s"))} |");
}

static double Lap(Stopwatch clock)
{
    double seconds = clock.Elapsed.TotalSeconds;
    clock.Restart();
    return seconds;
}
