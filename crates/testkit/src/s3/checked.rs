//! Compares the checksum of a part with its bytes, as Amazon does. `s3s-fs` does so for whole objects only.

use s3s::checksum::ChecksumHasher;
use s3s::crypto::Crc32c;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, GetBucketLocationInput,
    GetBucketLocationOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListObjectsInput,
    ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, PutObjectInput, PutObjectOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{Body, S3, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;

/// Longer than any part of ours.
const PART: usize = 64 * 1024 * 1024;

/// Objects as files, and parts that are what their checksum says.
pub(super) struct Checked(pub(super) FileSystem);

type Answer<T> = S3Result<S3Response<T>>;

#[async_trait::async_trait]
impl S3 for Checked {
    async fn upload_part(&self, mut asked: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        if let Some(said) = asked.input.checksum_crc32c.clone()
            && let Some(content) = asked.input.body.take()
        {
            let mut body = Body::from(content);
            let bytes = body.store_all_limited(PART).await.map_err(|_| s3_error!(IncompleteBody))?;
            let mut hasher = ChecksumHasher { crc32c: Some(Crc32c::default()), ..ChecksumHasher::default() };
            hasher.update(&bytes);
            if hasher.finalize().checksum_crc32c != Some(said) {
                return Err(s3_error!(BadDigest, "the part is not what its checksum says"));
            }
            asked.input.body = Some(body.into());
        }
        self.0.upload_part(asked).await
    }

    // The rest goes on as it is.

    async fn put_object(&self, asked: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        self.0.put_object(asked).await
    }

    async fn create_multipart_upload(
        &self,
        asked: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        self.0.create_multipart_upload(asked).await
    }

    async fn complete_multipart_upload(
        &self,
        asked: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        self.0.complete_multipart_upload(asked).await
    }

    async fn abort_multipart_upload(
        &self,
        asked: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        self.0.abort_multipart_upload(asked).await
    }

    async fn get_object(&self, asked: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        self.0.get_object(asked).await
    }

    async fn head_object(&self, asked: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        self.0.head_object(asked).await
    }

    async fn delete_object(&self, asked: S3Request<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
        self.0.delete_object(asked).await
    }

    async fn delete_objects(&self, asked: S3Request<DeleteObjectsInput>) -> Answer<DeleteObjectsOutput> {
        self.0.delete_objects(asked).await
    }

    async fn list_objects(&self, asked: S3Request<ListObjectsInput>) -> Answer<ListObjectsOutput> {
        self.0.list_objects(asked).await
    }

    async fn list_objects_v2(&self, asked: S3Request<ListObjectsV2Input>) -> Answer<ListObjectsV2Output> {
        self.0.list_objects_v2(asked).await
    }

    async fn list_buckets(&self, asked: S3Request<ListBucketsInput>) -> Answer<ListBucketsOutput> {
        self.0.list_buckets(asked).await
    }

    async fn head_bucket(&self, asked: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        self.0.head_bucket(asked).await
    }

    async fn get_bucket_location(
        &self,
        asked: S3Request<GetBucketLocationInput>,
    ) -> Answer<GetBucketLocationOutput> {
        self.0.get_bucket_location(asked).await
    }
}
