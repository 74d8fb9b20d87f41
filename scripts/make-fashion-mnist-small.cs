#:project ../src/Data/Data.csproj
#:property PublishAot=false

// Makes data/fashion-mnist-small from Debian's package dataset-fashion-mnist. Run it in the repository's root:
//   dotnet run scripts/make-fashion-mnist-small.cs              writes the six files
//   dotnet run scripts/make-fashion-mnist-small.cs -- --check   compares the committed ones with what would be written
//
// The rule: walk the 60,000 training images in a seeded random order; the first 1,000 of each class are for training, the next 100 of each
// for validation. Walk the 10,000 test images likewise; the first 200 of each class are for test. An image whose bytes equal those of one
// taken before, in any part, is passed over (Fashion-MNIST has a few such twins). Each part is stored in the order of its source file.

using System.IO.Compression;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;

const string Source = "/usr/share/datasets/fashion-mnist";
const string Target = "data/fashion-mnist-small";
const ulong Seed = 2017;
const int Classes = 10;

bool check = args is ["--check"];
if (args.Length > 0 && !check) return Fail($"unknown option '{args[0]}': the only one is --check");
if (!File.Exists("ResearchFreeze.sln")) return Fail("run this in the repository's root");
if (!Directory.Exists(Source)) return Fail($"no folder {Source}; install it with: apt-get install dataset-fashion-mnist");

var taken = new HashSet<string>();
(IdxData images, IdxData labels) = ReadSource("train");
int[][] parts = Choose(images, labels, "train", 1000, 100);
bool same = Store("train", images, labels, parts[0]) & Store("validation", images, labels, parts[1]);
(images, labels) = ReadSource("t10k");
same &= Store("test", images, labels, Choose(images, labels, "test", 200)[0]);
return same ? 0 : 1;

static int Fail(string message)
{
    Console.Error.WriteLine($"make-fashion-mnist-small: {message}");
    return 2;
}

static (IdxData Images, IdxData Labels) ReadSource(string part) =>
    (IdxFile.Read($"{Source}/{part}-images-idx3-ubyte.gz", 3), IdxFile.Read($"{Source}/{part}-labels-idx1-ubyte.gz", 1));

// For each number of images a class, the ids of one part.
int[][] Choose(IdxData images, IdxData labels, string part, params int[] perClass)
{
    int size = images.Values.Length / labels.Values.Length;
    var order = new int[labels.Values.Length];
    SampleOrder.Permute(order, new RandomStream(Seed, $"fashion-mnist-small/{part}"));
    var chosen = Array.ConvertAll(perClass, _ => new List<int>());
    var found = new int[perClass.Length, Classes];
    foreach (int id in order)
    {
        int label = labels.Values[id];
        int into = 0;
        while (into < perClass.Length && found[into, label] == perClass[into]) into++;
        if (into == perClass.Length || !taken.Add(Convert.ToBase64String(images.Values, id * size, size))) continue;
        found[into, label]++;
        chosen[into].Add(id);
    }
    return Array.ConvertAll(chosen, ids => ids.Order().ToArray());
}

bool Store(string part, IdxData images, IdxData labels, int[] ids)
{
    int size = images.Values.Length / labels.Values.Length;
    byte[] pixels = [.. ids.SelectMany(id => images.Values.AsSpan(id * size, size).ToArray())];
    byte[] classes = [.. ids.Select(id => labels.Values[id])];
    return StoreFile($"{part}-images-idx3-ubyte.gz", new IdxData([ids.Length, .. images.Dimensions[1..]], pixels))
        & StoreFile($"{part}-labels-idx1-ubyte.gz", new IdxData([ids.Length], classes));
}

bool StoreFile(string name, IdxData data)
{
    string path = $"{Target}/{name}";
    if (!check)
    {
        IdxFile.Write(path, data, compress: true);
        Console.WriteLine($"{path}: {string.Join(" × ", data.Dimensions)}, {new FileInfo(path).Length} bytes");
        return true;
    }
    string fresh = Path.GetTempFileName();
    try
    {
        IdxFile.Write(fresh, data, compress: true);
        // Another version of the runtime may pack the same content into other bytes, which is no difference in the data.
        string verdict = !File.Exists(path) ? "missing"
            : File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(fresh)) ? "same bytes"
            : Unpack(path).AsSpan().SequenceEqual(Unpack(fresh)) ? "same content, packed otherwise"
            : "DIFFERENT";
        Console.WriteLine($"{path}: {verdict}");
        return verdict.StartsWith("same", StringComparison.Ordinal);
    }
    finally
    {
        File.Delete(fresh);
    }
}

static byte[] Unpack(string path)
{
    using var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
    using var content = new MemoryStream();
    gzip.CopyTo(content);
    return content.ToArray();
}
